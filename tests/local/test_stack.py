"""The whole stack: a deploy drains it, and nothing of it outlives whoever started it."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from pathlib import Path

import pytest

from local.processes import left_behind
from local.stack import SCRIPTS, local_stack
from persistence.records import CallEnd
from tests.acceptance.conversation import until
from tests.acceptance.running import logged
from tests.life.places import place

LIFE = SCRIPTS / "life.yaml"
START_LIMIT_S = 120.0
END_LIMIT_S = 30.0
OWNER = """
import asyncio, json, sys
from pathlib import Path
from local.stack import SCRIPTS, local_stack

async def own():
    async with local_stack(Path(sys.argv[1]), script=SCRIPTS / "life.yaml") as stack:
        print(json.dumps(stack.groups), flush=True)
        await asyncio.sleep(600)

asyncio.run(own())
"""


@pytest.mark.fault("A8")
async def test_worker_that_is_told_to_end_finishes_its_call_and_takes_no_other(tmp_path: Path) -> None:
    async def drains() -> bool:
        return bool(logged(stack, message="draining worker"))

    settings = {"BATON_DRAIN_LIMIT_S": "120", "BATON_DEPARTURE_S": "5"}
    async with (
        local_stack(tmp_path, script=LIFE, settings=settings) as stack,
        place(stack) as here,
        here.call() as talk,
    ):
        await talk.is_greeted()
        stack.worker.send(signal.SIGTERM)
        await until(drains, "the worker's own word that it drains", limit_s=10)
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


async def test_nothing_outlives_an_owner_that_is_killed(tmp_path: Path) -> None:
    owner = await asyncio.create_subprocess_exec(
        sys.executable, "-c", OWNER, str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert owner.stdout is not None
        async with asyncio.timeout(START_LIMIT_S):
            groups = json.loads(await owner.stdout.readline())
        assert len(left_behind(groups)) > len(groups), "the worker has processes of its own"
    finally:
        owner.kill()
        await owner.wait()

    async def gone() -> bool:
        return not left_behind(groups)

    await until(gone, "the end of every process", limit_s=END_LIMIT_S)
