"""Only the worker loses its server for a while: its calls continue, and it takes new ones afterwards."""

from __future__ import annotations

import pytest

from local.stack import Stack
from persistence.records import HandoffState
from tests.support.conversation import conversation
from tests.support.wire import Wire
from transfer.states import TERMINAL

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.fault("C1"),
    pytest.mark.long,
]


@pytest.mark.parametrize("seconds", [5, 15, 40])
async def test_call_goes_on_and_is_handed_over_when_the_worker_is_back(
    wired: tuple[Stack, Wire], seconds: int
) -> None:
    stack, wire = wired
    async with conversation(stack) as talk:
        await talk.is_greeted()
        with wire.worker_cut_off():
            ends_ms = talk.caller.now_ms + seconds * 1000
            while talk.caller.now_ms < ends_ms:
                await talk.says("then please tell me your opening hours")
                await talk.is_answered()
        for number in range(1, 4):
            await talk.says("I was charged twice for my last invoice")
            row = await talk.handoff(*TERMINAL, number=number)
            if row.state is HandoffState.COMPLETED:
                break
            await talk.is_told("You are back with me")
        assert row.state is HandoffState.COMPLETED
        await talk.meets_another(hears_out=False)
        await talk.only_the_holder_is_left()


@pytest.mark.fault("A4")
async def test_handoff_while_the_worker_is_cut_off_brings_nobody_and_the_caller_is_told(
    wired: tuple[Stack, Wire],
) -> None:
    stack, wire = wired
    async with conversation(stack) as talk:
        await talk.is_greeted()
        with wire.worker_cut_off():
            await talk.says("I was charged twice for my last invoice")
            await talk.handoff(HandoffState.UNANSWERED)
            await talk.is_told("I could not reach")
            await talk.says("then please tell me your opening hours")
            await talk.is_answered()
        await talk.only_the_holder_is_left()
        assert talk.caller.speakers() == (talk.desk,)
