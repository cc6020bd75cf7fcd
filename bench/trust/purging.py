"""How long calls' writes take while the purge empties a store of many calls, and how long without purge."""

from __future__ import annotations

import asyncio
import multiprocessing
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from agents.worker.purging import DAY_MS, purge
from bench.support.statistics import percentile
from clock import SystemClock
from errors import SetupFailed
from persistence.contract.store import Store
from persistence.engines import migrate, open_store
from persistence.records import CALLER, Call, CallId, JobId, RoleName, WorkerId
from settings import CallSettings, KeepingSettings

TURNS = 8
"""Turns of each finished call."""
_EVERY_S = 0.01
_PERIOD_S = 10.0
_PERIODS = 3

_CALLS = """
WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < :calls)
INSERT INTO calls (
    id, room, caller, caller_number, found_by, holder_role, holder_job, worker, started_at, moved_by,
    moved_at, ended_at, ended_how
)
SELECT
    'call-' || n, 'room-' || n, 'sip_' || n, '+49' || n, 'room-' || n, 'front-desk', 'job', 'worker',
    :at, 'job', :at, :at + n, 'goodbye'
FROM number
"""
_TURNS = """
WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < :turns)
INSERT INTO turns (call_id, seq, speaker, text, started_at, ended_at)
SELECT id, n, 'caller', 'what was said in ' || id || ', and it was not a short sentence', 1, 2
FROM number, calls WHERE id GLOB 'call-*'
"""


def filled(path: Path, calls: int) -> str:
    """Make a store with this many calls that ended 60 days ago, and return its address. Blocks."""
    url = f"sqlite:///{path}"
    migrate(url)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
        connection.execute(_CALLS, {"calls": calls, "at": SystemClock().now_ms() - 60 * DAY_MS})
        connection.execute(_TURNS, {"turns": TURNS})
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return url


async def purge_p99_ratio(url: str) -> tuple[float, float, int]:
    """Return the p99 of a write with the purge and without, in ms, and how many calls the purge emptied.

    The two are measured in turn, so that the machine's other load affects both.
    """
    without: list[float] = []
    beside: list[float] = []
    async with open_store(url) as store:
        call = await store.open_call(
            Call(CallId("live"), "live", "live", RoleName("a"), JobId("j"), WorkerId("w"), 1)
        )
        left = await _with_words(store)
        for _ in range(_PERIODS):
            without += await _writes(store, call)
            process = multiprocessing.get_context("spawn").Process(target=_purge, args=(url,), daemon=True)
            process.start()
            await _begun(store)
            beside += await _writes(store, call)
            process.terminate()
            await asyncio.to_thread(process.join)
        emptied = left - await _with_words(store)
    return percentile(beside, 99), percentile(without, 99), emptied


async def _writes(store: Store, call: Call) -> list[float]:
    took, end = [], time.monotonic() + _PERIOD_S
    while time.monotonic() < end:
        began = time.perf_counter()
        at = time.monotonic_ns()
        await store.append_turn(call.id, CALLER, "a turn of a call", started_at=at, ended_at=at)
        took.append(1000 * (time.perf_counter() - began))
        await asyncio.sleep(_EVERY_S)
    return took


async def _begun(store: Store) -> None:
    left = await _with_words(store)
    async with asyncio.timeout(30):
        while await _with_words(store) == left:  # noqa: ASYNC110 - another process's work
            await asyncio.sleep(0.1)


async def _with_words(store: Store) -> int:
    now = SystemClock().now_ms()
    return (await store.overdue(words_before=now, numbers_before=now)).words


def _purge(url: str) -> None:
    async def run() -> None:
        async with open_store(url) as store:
            await purge(store, KeepingSettings(), CallSettings(), SystemClock())
            raise SetupFailed("the purge ended before it was measured")

    asyncio.run(run())
