"""From desk to desk and back again, in one room."""

from __future__ import annotations

import pytest

from local.stack import Stack
from persistence.records import CALLER, HandoffState
from tests.support.conversation import conversation
from tests.support.running import let_in

pytestmark = pytest.mark.asyncio(loop_scope="session")

WAY = [
    ("my internet connection is very slow since yesterday", "front-desk", "technical"),
    ("I would like some money back for the days without internet", "technical", "billing"),
    ("can I go back to the front desk please", "billing", "front-desk"),
]


async def test_caller_goes_from_desk_to_desk_and_back_to_the_first(stack: Stack) -> None:
    async with conversation(stack) as talk:
        await talk.is_greeted()
        for number, (line, _, _) in enumerate(WAY, start=1):
            await talk.says(line)
            await talk.meets_another()
            await talk.handoff(HandoffState.COMPLETED, number=number)
        await talk.says("then please tell me your opening hours")
        await talk.is_answered()
        await talk.only_the_holder_is_left()
        rows, turns, call = await talk.handoffs(), await talk.turns(), await talk.call()

        assert [(row.from_role, row.target, row.state) for row in rows] == [
            (source, target, HandoffState.COMPLETED) for _, source, target in WAY
        ]
        assert [later.from_job for later in rows[1:]] == [row.target_job for row in rows[:-1]]
        assert talk.caller.speakers() == tuple(talk.met)
        assert let_in(stack, talk.room) == {CALLER, *talk.met}
        assert call.holder_role == "front-desk"
        spoken = [turn.speaker for turn in turns if turn.speaker != CALLER]
        desks = [desk for desk, before in zip(spoken, ["", *spoken], strict=False) if desk != before]
        assert desks == ["front-desk", "technical", "billing", "front-desk"]
        assert (turns[-1].speaker, turns[-1].text) == (
            "front-desk",
            "We are open every day from eight to eight.",
        )
