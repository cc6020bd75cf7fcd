"""A deploy: the worker is told to end while it has a call."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest

from local.scripted import SCRIPTS
from local.stack import local_stack
from persistence.records import CallEnd
from tests.support.conversation import until
from tests.support.driving import heard_after, kill_holder
from tests.support.places import place
from tests.support.running import logged

LIFE = SCRIPTS / "life.yaml"
END_LIMIT_S = 30.0
ALONE_LIMIT_MS = 3_000


@pytest.mark.fault("A8")
@pytest.mark.fault("A6")
@pytest.mark.long
async def test_worker_that_is_told_to_end_finishes_its_call_though_its_agent_dies_and_takes_no_other(
    tmp_path: Path,
) -> None:
    async def drains() -> bool:
        return bool(logged(stack, message="draining worker"))

    settings = {"BATON_DRAIN_LIMIT_S": "120", "BATON_DEPARTURE_S": "5"}
    async with (
        local_stack(tmp_path, script=LIFE, settings=settings, stand_in_always=True) as stack,
        place(stack) as here,
        here.call() as talk,
    ):
        await talk.is_greeted()
        stack.worker.send(signal.SIGTERM)
        await until(drains, "the worker's own word that it drains", limit_s=10)
        killed = await kill_holder(talk)  # there is no other worker to replace it
        newcomer = await talk.meets_another()
        assert heard_after(talk, killed.at_ms, newcomer).silence_ms <= ALONE_LIMIT_MS
        async with place(stack) as elsewhere, elsewhere.call() as other:
            await talk.says("thank you goodbye")
            await talk.caller.is_hung_up_on(limit_s=END_LIMIT_S)
            assert other.caller.speakers() == ()
            assert list(await other.agents()) == []
            assert await elsewhere.rows() == []
        row = await here.ended_row(limit_s=END_LIMIT_S)
        turns = await talk.turns()
        async with asyncio.timeout(END_LIMIT_S):
            code = await stack.worker.wait()
    assert row.ended_how is CallEnd.GOODBYE
    assert turns[-1].text == "You are welcome. Goodbye."
    assert code == 0
