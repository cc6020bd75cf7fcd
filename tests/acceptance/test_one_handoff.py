"""Whatever the model asks for in one answer, the caller is handed over once, and the answer is heard."""

from __future__ import annotations

import pytest

from local.stack import Stack
from persistence.records import HandoffState
from tests.acceptance.conversation import conversation

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.fault("B8")]


@pytest.mark.fault("A3")
async def test_tool_called_twice_is_one_handoff_and_the_words_beside_it_are_heard(stack: Stack) -> None:
    async with conversation(stack) as talk:
        await talk.is_greeted()
        await talk.says("please connect me to the billing desk")
        await talk.meets_another(hears_out=False)
        await talk.handoff(HandoffState.COMPLETED)
        await talk.only_the_holder_is_left()
        said = [turn.text for turn in await talk.turns() if turn.speaker == "front-desk"]

        assert len(await talk.handoffs()) == 1
        assert len(await talk.attempts()) == 1
        assert said[1:3] == [
            "Certainly, I will see to that.",
            "Please stay with me, I am getting the billing desk.",
        ]
        assert talk.caller.speakers() == tuple(talk.met)


async def test_another_tool_in_the_same_answer_does_not_undo_the_handoff(stack: Stack) -> None:
    async with conversation(stack) as talk:
        await talk.is_greeted()
        await talk.says("I would like to cancel my contract")
        await talk.meets_another(hears_out=False)
        await talk.handoff(HandoffState.COMPLETED)
        call = await talk.call()

        assert len(await talk.handoffs()) == 1
        assert (call.holder_role, call.ended_at) == ("billing", None)
