"""A step of a handoff raises while the caller is on hold: the holder says so and continues."""

from __future__ import annotations

import pytest

from local.stack import Stack
from persistence.records import HandoffState
from tests.support.conversation import conversation
from tests.support.wire import CUT_OFF, NOT_UNDERSTOOD, REFUSED, Wire

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.fault("A1"), pytest.mark.long]

DISPATCH = "AgentDispatchService/CreateDispatch"
ANSWERS = [
    pytest.param(NOT_UNDERSTOOD, id="the server's answer is not understood"),
    pytest.param(REFUSED, id="the server refuses"),
    pytest.param(CUT_OFF, id="the connection is cut off"),
]


@pytest.mark.parametrize("answer", ANSWERS)
async def test_caller_on_hold_is_told_and_stays_with_the_holder(
    wired: tuple[Stack, Wire], answer: bytes
) -> None:
    stack, wire = wired
    async with conversation(stack, role="night-desk") as talk:
        await talk.is_greeted()
        wire.answer(DISPATCH, answer)
        try:
            await talk.says("my internet connection is very slow since yesterday")
            row = await talk.handoff(HandoffState.FAILED)
        finally:
            wire.pass_all_on()
        await talk.is_told("something went wrong while I was getting the technical desk")
        await talk.says("then please tell me your opening hours")
        await talk.is_answered()
        (attempt,) = await talk.attempts()
        turns = await talk.turns()

        assert wire.answered
        assert (attempt.outcome, row.ended_at is not None) == (HandoffState.FAILED, True)
        assert attempt.reason
        assert turns[-1].text == "We are open every day from eight to eight."
        back_at = talk.caller.sounds(talk.desk)[-2].start_ms
        assert all(sound.end_ms <= back_at for sound in talk.music_sounds()), "the music is off"
        assert talk.caller.speakers() == (talk.desk,)
        await talk.only_the_holder_is_left()
