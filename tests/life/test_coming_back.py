"""A caller who returns within the departure time continues the same call with the same agent."""

from __future__ import annotations

from contextlib import AsyncExitStack

import pytest

from agents.roster.shared_prompts import HouseLines
from local.stack import Stack
from persistence.records import CALLER
from tests.support.places import place
from tests.support.said import as_said

pytestmark = pytest.mark.asyncio(loop_scope="session")

HELP, HOURS = "hello can you help me please", "what are your opening hours"


@pytest.mark.fault("B16")
async def test_caller_who_comes_back_is_welcomed_to_the_same_call(stack: Stack, lines: HouseLines) -> None:
    async with place(stack) as here, AsyncExitStack() as calls:
        first = here.conversation(await calls.enter_async_context(here.joined()))
        await first.is_greeted()
        await first.says(HELP)
        await first.is_answered()
        before = await first.call()
        await first.caller.hang_up()
        again = here.conversation(await calls.enter_async_context(here.joined()))
        await again.is_greeted()
        await again.says(HOURS)
        await again.is_answered()
        turns = await again.turns()
        after = await here.rows()
    assert again.met == first.met
    assert after == [before], "one row, still open, with the same holder"
    assert [words for _, words in as_said(turns, HOURS, HELP)][3:] == [
        lines.welcome_back,
        HOURS,
        "Every day from eight to eight.",
    ]
    assert [turn.speaker for turn in turns].count(CALLER) == 2


@pytest.mark.fault("B16")
async def test_caller_on_a_new_line_goes_on_where_the_old_one_was(stack: Stack) -> None:
    """The client reconnects before the server notices that its old connection is dead."""
    async with place(stack) as here, here.joined() as old:
        first = here.conversation(old)
        await first.is_greeted()
        before = await first.call()
        async with here.joined() as new:
            await old.is_hung_up_on(limit_s=10)
            again = here.conversation(new)
            again.met.extend(first.met)
            await again.says(HOURS)
            await again.is_answered()
            turns = await again.turns()
            after = await here.rows()
    assert after == [before], "one row, still open, with the same holder"
    assert [words for _, words in as_said(turns, HOURS, HELP)][1:] == [
        HOURS,
        "Every day from eight to eight.",
    ]
