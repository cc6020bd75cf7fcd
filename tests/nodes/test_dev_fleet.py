"""`make dev-fleet`: everything runs, and its page kills a part and restarts it."""

from __future__ import annotations

import sys
from pathlib import Path

import aiohttp
import pytest

from local.fleet.__main__ import SHOWS
from local.processes import left_behind, running

_START_LIMIT_S = 90.0
_OURS = {"X-Baton-Fleet": "1"}
ALL = {
    "shared by all": ["postgres", "redis", "balancer"],
    "host-1": ["node-a", "worker-1", "service-1"],
    "host-2": ["node-b", "worker-2", "service-2"],
}


@pytest.mark.long
@pytest.mark.fault("N1")
async def test_a_fleet_starts_and_each_part_can_be_killed_and_started_again(tmp_path: Path) -> None:
    async with running(
        "make dev-fleet",
        [sys.executable, "-m", "local.fleet", "--folder", str(tmp_path)],
        env={},
        log=tmp_path / "log",
        ready=lambda line: line.startswith(SHOWS),
        limit_s=_START_LIMIT_S,
        grace_s=20.0,
    ) as program:
        page = program.lines[-1].removeprefix(SHOWS)
        async with aiohttp.ClientSession(page) as session:

            async def states() -> dict[str, dict[str, str]]:
                answer = await (await session.get("/parts")).json()
                return {
                    host: {part["name"]: part["state"] for part in parts} for host, parts in answer.items()
                }

            found = await states()
            assert {host: list(parts) for host, parts in found.items()} == ALL
            assert {state for parts in found.values() for state in parts.values()} == {"running"}
            assert (await session.post("/parts/redis/kill")).status == 403, "from another site"
            for host, parts in ALL.items():
                for part in parts:
                    assert (await session.post(f"/parts/{part}/kill", headers=_OURS)).status == 200
                    assert (await states())[host][part] == "dead"
                    assert (await session.post(f"/parts/{part}/kill", headers=_OURS)).status == 409
                    answer = await session.post(f"/parts/{part}/start", headers=_OURS)
                    assert answer.status == 200, await answer.text()
                    assert (await states())[host][part] == "running"
            assert "The fleet" in await (await session.get("/")).text()
    assert not left_behind([program.pid])
