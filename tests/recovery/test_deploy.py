"""A deploy: a worker drains while another one runs, and its calls continue there."""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack

import pytest

from agents.roster.shared_prompts import HouseLines
from persistence.records import DEPLOY, HandoffState
from tests.recovery.conftest import StartWorker
from tests.support.driving import AT_ONCE_LIMIT_MS, most_at_once_ms, spoken
from tests.support.fault_report import strikes
from tests.support.places import place

pytestmark = pytest.mark.asyncio(loop_scope="session")

EXIT_LIMIT_S = 30.0
SILENCE_LIMIT_MS = 3_000


@pytest.mark.fault("A8")
async def test_call_that_lasts_is_handed_to_another_worker_and_the_old_one_exits_with_0(
    start_worker: StartWorker, lines: HouseLines
) -> None:
    async with AsyncExitStack() as exits:
        settings = {"BATON_DRAIN_LIMIT_S": "120", "BATON_HAND_OVER_AFTER_S": "1"}
        first = await exits.enter_async_context(start_worker("first", **settings))
        here = await exits.enter_async_context(place(first))
        talk = await exits.enter_async_context(here.call())
        await talk.is_greeted()
        await exits.enter_async_context(start_worker("second"))
        before = await talk.call()
        strikes("worker")
        first.worker.send(signal.SIGTERM)
        await talk.meets_another()
        async with asyncio.timeout(EXIT_LIMIT_S):
            while first.worker.running:  # a silent caller would be asked, and would have heard silence
                await talk.says("what are your opening hours")
                await talk.is_answered()
            code = await first.worker.wait()
        after = await talk.call()
        await talk.says("what are your opening hours")
        await talk.is_answered()
        row = await talk.handoff(HandoffState.COMPLETED)
        said = [text for _, text in spoken(await talk.turns())]

        assert code == 0
        assert (after.id, after.holder_role) == (before.id, before.holder_role)
        assert after.worker != before.worker
        assert row.requested_by == DEPLOY
        assert said[1:3] == [lines.one_moment, lines.thanks]
        assert said[-1] == "Every day from eight to eight."
        assert (row.seam_ms or 0) <= SILENCE_LIMIT_MS
        assert most_at_once_ms(talk) <= AT_ONCE_LIMIT_MS
        await talk.only_the_holder_is_left()
        await talk.caller.hang_up()  # while its worker runs
        await talk.ended()
