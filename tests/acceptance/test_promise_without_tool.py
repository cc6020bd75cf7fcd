"""The model announces a handoff but calls no tool: Baton starts the handoff or corrects the promise."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.roster.roster import load_roster
from local.stack import Stack
from persistence.records import RULE, HandoffState
from settings import GroqSettings
from tests.support.conversation import conversation

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.fault("B15")]


async def test_promise_of_a_desk_that_is_there_is_made_true(stack: Stack) -> None:
    async with conversation(stack) as talk:
        await talk.is_greeted()
        await talk.says("I have a question about the amount on my bill")
        await talk.meets_another()
        row = await talk.handoff(HandoffState.COMPLETED)
        turns = await talk.turns()
        assert (row.target, row.requested_by, row.reason) == ("billing", RULE, "")
        assert (await talk.call()).holder_role == "billing"
        assert "I'll put you through to the billing desk." in turns[2].text
        assert turns[-1].speaker == "billing"
        await talk.only_the_holder_is_left()


async def test_promise_of_a_desk_that_is_not_there_is_taken_back(stack: Stack) -> None:
    roster = load_roster(
        Path(stack.env["BATON_ROSTER_FOLDER"]), voices=GroqSettings.model_construct().voices.split()
    )
    async with conversation(stack) as talk:
        await talk.is_greeted()
        await talk.says("I want to speak to the sales people")
        await talk.is_told(roster.house.lines.promise_taken_back)
        await talk.says("then please tell me your opening hours")
        await talk.is_answered()
        assert (await talk.turns())[-1].text == "We are open every day from eight to eight."
        assert await talk.handoffs() == []
