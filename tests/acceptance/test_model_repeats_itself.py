"""A model that calls its tool again and again: one handoff at a time, and a limit for each call."""

from __future__ import annotations

import pytest

from local.stack import Stack
from persistence.records import HandoffState
from settings import HandoffSettings
from tests.acceptance.conftest import EVERYBODY
from tests.support.conversation import conversation

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.fault("B14")]

PER_CALL = HandoffSettings.model_fields["handoffs_per_call"].default


async def test_hundreds_of_calls_of_the_tool_in_one_answer_are_one_handoff(stack: Stack) -> None:
    async with conversation(stack) as talk:
        await talk.is_greeted()
        await talk.says(EVERYBODY)
        await talk.meets_another(hears_out=False)
        await talk.handoff(HandoffState.COMPLETED)
        await talk.only_the_holder_is_left()
        (row,) = await talk.handoffs()

        assert row.target == "billing", "the first that was asked for"
        assert len(await talk.attempts()) == 1
        assert talk.caller.speakers() == tuple(talk.met)
        assert (await talk.call()).holder_role == "billing"


@pytest.mark.long
async def test_call_has_so_many_handoffs_and_then_the_caller_stays(stack: Stack) -> None:
    async with conversation(stack, role="night-desk") as talk:
        await talk.is_greeted()
        for number in range(1, PER_CALL + 1):
            await talk.says("can they tell me who painted my router purple")
            await talk.handoff(HandoffState.DECLINED, number=number)
            await talk.is_answered()
        await talk.says("can they tell me who painted my router purple")
        await talk.is_told("something went wrong while I was getting the technical desk")
        await talk.says("then please tell me your opening hours")
        await talk.is_answered()
        turns = await talk.turns()

        assert len(await talk.handoffs()) == PER_CALL
        assert turns[-1].text == "We are open every day from eight to eight."
        assert talk.caller.speakers() == (talk.desk,)
