"""The store's load with many calls: a real Postgres, pgbench as the fleet, and two readers of the feed.

pgbench writes and reads as the processes of so many calls and their workers do (scripts.py), but on few
connections: a real call's process has three, which need memory and wake up when their call moves. Times count
from the moment at which a statement was due.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg

from bench.fleet.scripts import CALL_S, CALLS_A_WORKER, SCRIPTS, TURN_EVERY_S
from bench.support.statistics import percentile
from clock import SystemClock
from errors import SetupFailed, StoreError
from local.postgres import postgres, program_of
from operators.api.event_feed import PAUSE_S, pages
from persistence.engines import migrate, open_store

SETTINGS = {
    "fsync": "on",
    "shared_buffers": "256MB",
    "autovacuum_naptime": "10s",
    "max_wal_size": "2GB",
}
CONNECTIONS = 24
READERS = 2
_KEPT = 0.97
"""A rate counts as kept from this share of it, because pgbench draws each moment at random."""
_LAST_EVENTS_S = 10.0
_WARM_S = 20.0
"""Not measured: at the start, all calls make their first moves at once, on new connections. A real fleet
fills up over hours."""
_PAST_CALLS = 20_000
"""A fleet's store has past calls. Without them, the tables are small and growing: Postgres analyzes them
often, and replans statements."""
_OPEN = """
INSERT INTO calls (
    id, room, caller, holder_role, holder_job, worker, started_at, moved_by, moved_at, next_turn
)
SELECT 'call-' || slot, 'room-' || slot, 'caller', 'front-desk', 'job-' || slot,
    'worker-' || (1 + slot %% %(workers)s), 1, 'job-' || slot, 1, 1 + %(turns)s / 2
FROM generate_series(1, %(calls)s) AS slot
"""
"""Each call is half over."""
_PAST = """
INSERT INTO calls (
    id, room, caller, holder_role, holder_job, worker, started_at, moved_by, moved_at, next_turn, ended_at,
    ended_how
)
SELECT 'past-' || slot, 'room-' || slot, 'caller', 'billing', 'past-' || slot, 'worker', 0, 'job', 1,
    1 + %(turns)s, 1, 'caller_left'
FROM generate_series(1, %(past)s) AS slot
"""
_HANDOFFS = """
INSERT INTO handoffs (
    id, call_id, from_role, from_job, target, reason, requested_by, idempotency_key, state, requested_at,
    attempt_id, attempt_seq, target_job, accepted_at, ended_at, last_outcome, moved_by, moved_at
)
SELECT id, id, 'front-desk', 'job', 'billing', 'a bill', 'model', id, 'completed', 0, id, 1, id, 1, 1,
    'completed', id, 1
FROM calls WHERE ended_at IS NOT NULL
"""
_ATTEMPTS = """
INSERT INTO attempts (
    id, handoff_id, target, started_at, job, claimed_at, accepted_at, ended_at, outcome, moved_by, moved_at,
    seq
)
SELECT id, id, target, 1, id, 1, 1, 1, 'completed', id, 1, 1 FROM handoffs
"""
_TURNS = """
INSERT INTO turns (call_id, seq, speaker, text, started_at, ended_at, typed, nod)
SELECT calls.id, seq, 'caller', 'some words', seq, seq, 0, 0
FROM calls CROSS JOIN LATERAL generate_series(1, next_turn - 1) AS seq
"""
_EVENTS = """
INSERT INTO events (call_id, subject, kind, moved_to, actor, at)
SELECT call_id, seq, 'turn', speaker, speaker, ended_at FROM turns
"""
_COUNTS = "INSERT INTO call_counts (call_id, next_turn) SELECT id, next_turn FROM calls"
_NOTHING_FOLLOWS = "SET LOCAL session_replication_role = replica"
"""Triggers would count these turns and write events for them."""
_WRITERS = "INSERT INTO writers (id, move, at) SELECT id, 1, now_ms() FROM calls WHERE ended_at IS NULL"
"""Each call's process has made a move."""
_LATEST = "SELECT max(id) FROM events"
_LEASES = """
INSERT INTO workers (id, host, started_at, lease_until, draining, room_for)
SELECT 'worker-' || number, 'host', 1, now_ms() + 600000, 0, 1 FROM generate_series(1, %(workers)s) AS number
"""
_FILLED = (_OPEN, _PAST, _COUNTS, _LEASES, _WRITERS, _HANDOFFS, _ATTEMPTS, _TURNS, _EVENTS)

Took = tuple[float, float]
"""When a run of a script ended, s since the epoch, and how long it took, ms."""


@dataclass(frozen=True, slots=True)
class Carried:
    """Times in ms, from `_WARM_S` on, or from a quarter of a shorter run; None for what never happened.

    `lost`: rows that were acknowledged but are missing, and events that a reader did not get. `carried`: the
    calls whose rate was kept, out of the `calls` that were wanted.
    """

    calls: int
    carried: int
    seconds: float
    statements: int
    write_p50_ms: float
    write_p99_ms: float
    handoff_p99_ms: float | None
    poll_p99_ms: float | None
    feed_p99_ms: float | None
    vacuums: int
    lost: int


@dataclass(slots=True)
class Reader:
    """The events that one copy of the service received."""

    seen: int
    events: int
    late: list[Took]


async def carried(calls: int, seconds: int, log: Path) -> Carried:
    """Run the load of `calls` calls for `seconds`. Raises: SetupFailed, if pgbench fails."""
    with (
        tempfile.TemporaryDirectory(prefix="baton-fleet-") as folder,
        postgres(Path(folder), settings=SETTINGS) as url,
    ):
        migrate(url)
        with psycopg.connect(url, autocommit=True) as admin:
            numbers = {
                "calls": calls,
                "workers": max(1, calls // CALLS_A_WORKER),
                "past": _PAST_CALLS,
                "turns": round(CALL_S / TURN_EVERY_S),
            }
            with admin.transaction():
                admin.execute(_NOTHING_FOLLOWS)
                for statement in _FILLED:
                    admin.execute(statement, numbers)
            before = number(admin, "SELECT count(*) FROM turns")
            admin.execute("ANALYZE")
            first = number(admin, _LATEST)
            readers = [Reader(first, 0, []) for _ in range(READERS)]
            following = [asyncio.create_task(follow(url, reader)) for reader in readers]
            try:
                took = await pgbench(url, numbers, seconds, Path(folder), log)
                await told_of(readers, number(admin, _LATEST))
            finally:
                for reading in following:
                    reading.cancel()
                await asyncio.wait(following)
            events = number(admin, f"SELECT count(*) FROM events WHERE id > {first}")
            turns = number(admin, "SELECT count(*) FROM turns") - before
            vacuums = number(admin, "SELECT sum(autovacuum_count)::int FROM pg_stat_user_tables")
    warm_at = min(at for runs in took.values() for at, _ in runs) + min(_WARM_S, seconds / 4)

    def times(names: Iterable[str]) -> Sequence[float]:
        return [ms for name in names for at, ms in took[name] if at >= warm_at]

    writes = times(script.name for script in SCRIPTS if script.is_write)
    polls = times(script.name for script in SCRIPTS if script.a_worker and not script.is_write)
    late = [ms for reader in readers for at, ms in reader.late if at >= warm_at]
    made = sum(map(len, took.values()))
    wanted = seconds * sum(script.rate(calls) for script in SCRIPTS)
    return Carried(
        calls=calls,
        carried=calls if made >= _KEPT * wanted else round(calls * made / wanted),
        seconds=seconds,
        statements=made,
        write_p50_ms=round(percentile(writes, 50), 1),
        write_p99_ms=round(percentile(writes, 99), 1),
        handoff_p99_ms=_p99(times(["handoff"])),
        poll_p99_ms=_p99(polls),
        feed_p99_ms=_p99(late),
        vacuums=vacuums,
        lost=abs(len(took["turn"]) - turns) + sum(abs(events - reader.events) for reader in readers),
    )


def _p99(times_ms: Sequence[float]) -> float | None:
    """None if it never happened, as with few calls for a short time."""
    return round(percentile(times_ms, 99), 1) if times_ms else None


def number(admin: psycopg.Connection, question: str) -> int:
    """Return the database's answer, 0 if it is empty."""
    row = admin.execute(question.encode()).fetchone()
    return int(row[0] or 0) if row else 0


async def follow(url: str, reader: Reader) -> None:
    """Follow events as the service's feed does: read on whenever something was committed."""
    async with open_store(url, read_only=True) as store:
        changes = store.changes(within_s=0.02)
        while True:
            try:
                await changes.changed(1.0)
                async for events in pages(store, after=reader.seen):
                    now = SystemClock().now_ms()
                    reader.seen, reader.events = events[-1].id, reader.events + len(events)
                    reader.late += [(now / 1000, now - event.at) for event in events]
                await asyncio.sleep(PAUSE_S)
            except StoreError:
                changes = store.changes(within_s=0.02)


async def told_of(readers: Sequence[Reader], last: int) -> None:
    """Wait until the readers have the last event, or should have it."""
    try:
        async with asyncio.timeout(_LAST_EVENTS_S):
            while any(reader.seen < last for reader in readers):  # noqa: ASYNC110 - a reader tells nobody
                await asyncio.sleep(0.05)
    except TimeoutError:
        return


async def pgbench(
    url: str, numbers: Mapping[str, int], seconds: int, folder: Path, log: Path
) -> Mapping[str, Sequence[Took]]:
    """Run the scripts at their rates, and return how long each run of a script took."""
    rates = {script.name: round(script.rate(numbers["calls"])) or 1 for script in SCRIPTS}
    for script in SCRIPTS:
        (folder / f"{script.name}.sql").write_text(script.text)
    command = [
        *(str(program_of("pgbench")), "--no-vacuum", "--protocol=prepared", "--log", "--log-prefix=took"),
        *(f"--client={CONNECTIONS}", "--jobs=2", f"--time={seconds}", f"--rate={sum(rates.values())}"),
        *(f"--define={name}={number}" for name, number in numbers.items()),
        *(f"--file={name}.sql@{rate}" for name, rate in rates.items()),
        url,
    ]
    with log.open("wb") as output:
        running = await asyncio.create_subprocess_exec(*command, cwd=folder, stdout=output, stderr=output)
        try:
            code = await running.wait()
        finally:
            if running.returncode is None:
                running.kill()
                await running.wait()
    if code or _was_aborted(log):
        raise SetupFailed(f"pgbench failed; see {log}")
    return dict(_took(folder))


def _was_aborted(log: Path) -> bool:
    return "aborted" in log.read_text(errors="replace")


def _took(folder: Path) -> Iterator[tuple[str, list[Took]]]:
    """Yield each script's runs from pgbench's logs.

    A line has client, number, time in µs, index of the script, and when, in s and µs.
    """
    found: list[list[Took]] = [[] for _ in SCRIPTS]
    for file in folder.glob("took.*"):
        for line in file.read_text().splitlines():
            _, _, took_us, place, at_s, at_us, *_ = line.split()
            found[int(place)].append((int(at_s) + int(at_us) / 1e6, int(took_us) / 1000))
    for script, took in zip(SCRIPTS, found, strict=True):
        yield script.name, took


def cores() -> int:
    return os.cpu_count() or 1
