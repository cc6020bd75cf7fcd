"""Calls with handoffs, some of whose agents are killed: nobody is lost, and nothing grows."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
CALLS = 40
LIMIT_S = 1_800.0
GROWN_PERCENT = 5.0


@pytest.mark.fault("C11")
@pytest.mark.long
async def test_after_many_calls_nobody_is_lost_and_the_worker_is_as_it_was() -> None:
    soak = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.soak", "--calls", str(CALLS), "--seed", "1"),
        cwd=PROJECT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(LIMIT_S):
        said, wrong = await soak.communicate()
    last = said.decode().splitlines()[-1]
    assert last.startswith("soak: {"), wrong.decode()
    found = json.loads(last.removeprefix("soak: "))

    assert (found["calls"], found["lost_callers"], found["non_terminal_rows"]) == (CALLS, 0, 0)
    assert found["kills"] >= CALLS // 20
    assert found["to_people"] == CALLS // 10
    assert found["duplicates"] == 0
    assert found["memory_grown_percent"] < GROWN_PERCENT
    for what in ("open_files", "processes", "tasks"):
        tenth, end = found[what]
        assert end <= tenth, f"{what}: at a tenth, with calls under way, and at the end, without"
