"""A caller who is back in time continues the same call, with another agent after a hang-up."""

from __future__ import annotations

import os
import time
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial

import pytest

from agents.roster.shared_prompts import HouseLines
from local.stack import Stack
from persistence.records import CALLER, CallEnd
from tests.support.conversation import until
from tests.support.driving import process_of
from tests.support.places import place
from tests.support.said import as_said

pytestmark = pytest.mark.asyncio(loop_scope="session")

FREE_WITHIN_S = 2.0
VOICE_WITHIN_MS = 3_000
HELP, HOURS = "hello can you help me please", "what are your opening hours"


@pytest.mark.long
@pytest.mark.fault("B16")
async def test_caller_who_hangs_up_frees_the_process_at_once_and_is_welcomed_back_to_the_same_call(
    stack: Stack, lines: HouseLines
) -> None:
    """As when the caller reloads their page."""
    async with place(stack) as here, AsyncExitStack() as calls:
        first = here.conversation(await calls.enter_async_context(here.joined()))
        await first.is_greeted()
        await first.says(HELP)
        await first.is_answered()
        before = await first.call()
        process = await process_of(stack, before.holder_job)
        hung_up_at = time.monotonic()
        await first.caller.hang_up()
        await until(partial(is_gone, process), "a free place")
        freed_s = time.monotonic() - hung_up_at
        over = await here.ended_row(limit_s=1)
        again = here.conversation(await calls.enter_async_context(here.joined()))
        await again.is_greeted()
        voice_ms = again.caller.sounds()[0].start_ms
        await again.says(HOURS)
        await again.is_answered()
        turns = await again.turns()
        (after,) = await here.rows()
    assert freed_s <= FREE_WITHIN_S
    assert over.ended_how is CallEnd.CALLER_LEFT
    assert after == replace(before, holder_job=after.holder_job), "one row, open again, with another holder"
    assert voice_ms <= VOICE_WITHIN_MS
    assert [words for _, words in as_said(turns, HOURS, HELP)][3:] == [
        lines.welcome_back,
        HOURS,
        "Every day from eight to eight.",
    ]
    assert [turn.speaker for turn in turns].count(CALLER) == 2


async def is_gone(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return False


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
