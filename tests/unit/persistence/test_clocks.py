"""Hosts whose clocks are minutes off: each process goes by the clock of the store on the server."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

import clock
from clock import HostClock, SystemClock, follow, ticks_ms, unfollow
from persistence.engines import migrate, open_store
from persistence.records import CallId, WorkerId
from tests.contract.building import HOLDER, WORKER

OFF_S = 300
ELSEWHERE = """
import asyncio, sys, time
right = time.time_ns
time.time_ns = lambda: right() + {off_s} * 10**9

from clock import HostClock, SystemClock
from persistence.engines import open_store
from tests.contract.building import WORKER, a_call

async def main():
    async with open_store({url!r}) as store:
        await store.keep_lease(WORKER, "elsewhere", lease_s=0, draining=False)
        await store.open_call(a_call(at=SystemClock().now_ms()))
    print(HostClock().now_ms())

asyncio.run(main())
"""


@pytest.fixture(autouse=True)
def forgets() -> Iterator[None]:
    yield
    unfollow()


@pytest.mark.parametrize("off_s", [OFF_S, -OFF_S])
async def test_times_of_a_worker_whose_clock_is_five_minutes_off_are_those_of_the_store(
    empty_postgres: str, off_s: int
) -> None:
    program = ELSEWHERE.format(url=empty_postgres, off_s=off_s)
    began = SystemClock().now_ms()
    told = await asyncio.to_thread(output_of, program)
    async with open_store(empty_postgres) as store:
        call = await store.call(CallId("call-1"))
        assert call is not None
        assert began - 50 <= call.started_at <= SystemClock().now_ms() + 50
        assert abs(int(told) - SystemClock().now_ms()) > 1000 * (OFF_S - 60), "its own clock was off"
        lost = await store.mark_lost(
            call.id, job=HOLDER, of=WORKER, by=WorkerId("here"), at=SystemClock().now_ms()
        )
        assert 0 <= (lost.lost_at or 0) - call.started_at + 50 < 30_000


def output_of(program: str) -> str:
    root = Path(__file__).parents[3]
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=root
    ).stdout


async def test_a_process_goes_by_the_stores_clock_from_the_first_connection_on(
    postgres_url: str,
) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute("CREATE DATABASE ahead")
        url = postgres_url.replace("/postgres?", "/ahead?")
        try:
            migrate(url)
            with psycopg.connect(url) as there:
                there.execute(
                    "CREATE OR REPLACE FUNCTION now_ms() RETURNS bigint LANGUAGE sql STABLE AS "
                    f"'SELECT (extract(epoch FROM statement_timestamp()) * 1000)::bigint + {1000 * OFF_S}'"
                )
            asked = ticks_ms()
            async with open_store(url):
                took_ms = ticks_ms() - asked
                assert abs(ahead_ms() - 1000 * OFF_S) <= took_ms + 1
        finally:
            admin.execute("DROP DATABASE ahead WITH (FORCE)")


def ahead_ms() -> int:
    """Return how far the store's time is ahead of this host's, which is read before and after it."""
    before, ours = HostClock().now_ms(), SystemClock().now_ms()
    return ours - (before + HostClock().now_ms()) // 2


def test_a_slow_answer_moves_no_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    host, ticks = HostClock().now_ms(), ticks_ms()
    monkeypatch.setattr(HostClock, "now_ms", lambda _: host)
    monkeypatch.setattr(clock, "ticks_ms", lambda: ticks)
    follow(host + 400, asked=ticks - 500, answered=ticks + 500)
    assert SystemClock().now_ms() == host
    follow(host + 400, asked=ticks - 10, answered=ticks + 10)
    assert 380 <= SystemClock().now_ms() - host <= 400


def test_a_host_whose_clock_is_set_anew_keeps_the_stores_time(monkeypatch: pytest.MonkeyPatch) -> None:
    follow(HostClock().now_ms(), asked=ticks_ms(), answered=ticks_ms())
    before = SystemClock().now_ms()
    monkeypatch.setattr(HostClock, "now_ms", lambda _: 0)
    assert 0 <= SystemClock().now_ms() - before < 1_000
