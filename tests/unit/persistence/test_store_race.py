"""Real processes at one file: eight that race, and one that is killed between two writes."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Callable, Iterator
from itertools import count
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from errors import StaleHandoff
from persistence.records import CALLER, HandoffState, JobId
from persistence.sqlite import open_store
from persistence.sqlite.migrate import migrate
from tests.contract.building import CALL, FIRST, HANDOFF, START, WORKER, a_call, brought_to

PROCESSES = 8
TURNS_EACH = 25
LIMIT_S = 600
FRESH = multiprocessing.get_context("forkserver")
FRESH.set_forkserver_preload([__name__])  # eight processes need not import all this eight times

Racer = Callable[[Path, int, Barrier, Connection], None]


def claim(path: Path, number: int, together: Barrier, told: Connection) -> None:
    """Send the job that won, or None."""

    async def race() -> str | None:
        async with open_store(path) as store:
            await asyncio.to_thread(together.wait, LIMIT_S)
            try:
                won = await store.claim_attempt(
                    HANDOFF, FIRST, JobId(f"job-{number}"), worker=WORKER, at=START
                )
            except StaleHandoff:
                return None
            return won.target_job

    told.send(asyncio.run(race()))


def append(path: Path, number: int, together: Barrier, told: Connection) -> None:
    """Send the numbers that this process's turns got."""

    async def race() -> list[int]:
        async with open_store(path) as store:
            await asyncio.to_thread(together.wait, LIMIT_S)
            return [
                (await store.append_turn(CALL, f"{number}", f"{n}", started_at=n, ended_at=n)).seq
                for n in range(TURNS_EACH)
            ]

    told.send(asyncio.run(race()))


def append_on_and_on(path: Path, told: Connection) -> None:
    """Send each turn's number once it is acknowledged."""

    async def write() -> None:
        async with open_store(path) as store:
            for at in count(START):
                turn = await store.append_turn(CALL, CALLER, "on and on", started_at=at, ended_at=at)
                told.send(turn.seq)

    asyncio.run(write())


def raced(path: Path, racer: Racer) -> list[object]:
    """Run eight racers that begin together, and return what each sent."""
    together = FRESH.Barrier(PROCESSES)
    hearing, processes = [], []
    for number in range(PROCESSES):
        ours, theirs = FRESH.Pipe(duplex=False)
        process = FRESH.Process(target=racer, args=(path, number, together, theirs))
        process.start()
        theirs.close()
        hearing.append(ours)
        processes.append(process)
    told = [ours.recv() for ours in hearing if ours.poll(LIMIT_S)]
    for ours, process in zip(hearing, processes, strict=True):
        ours.close()
        process.join(LIMIT_S)
        assert process.exitcode == 0
    return told


def heard(ours: Connection) -> Iterator[int]:
    """Yield all that was sent, to the end of the pipe."""
    while ours.poll(LIMIT_S):
        try:
            yield ours.recv()
        except EOFError:
            return


@pytest.fixture
def path(tmp_path: Path) -> Path:
    migrate(tmp_path / "baton.db")
    return tmp_path / "baton.db"


async def test_of_eight_processes_that_claim_one_handoff_exactly_one_wins(path: Path) -> None:
    async with open_store(path) as store:
        await brought_to(store, HandoffState.DISPATCHING)
    told = await asyncio.to_thread(raced, path, claim)
    assert len(told) == PROCESSES
    (winner,) = [job for job in told if job]
    async with open_store(path) as store:
        handoff = await store.handoff(HANDOFF)
        claims = [event for event in await store.events() if event.moved_to == "briefing"]
    assert handoff is not None
    assert handoff.target_job == winner
    assert {(event.kind, event.actor) for event in claims} == {("handoff", winner), ("attempt", winner)}
    assert len(claims) == 2


async def test_turns_of_eight_processes_are_all_there_each_with_its_number(path: Path) -> None:
    async with open_store(path) as store:
        await store.open_call(a_call())
    told = await asyncio.to_thread(raced, path, append)
    async with open_store(path) as store:
        turns = await store.turns(CALL)
    assert [turn.seq for turn in turns] == list(range(1, PROCESSES * TURNS_EACH + 1))
    for number, appended in enumerate(told):
        theirs = [turn for turn in turns if turn.speaker == f"{number}"]
        assert [turn.seq for turn in theirs] == appended
        assert [turn.text for turn in theirs] == [f"{n}" for n in range(TURNS_EACH)]


async def test_kill_9_between_writes_loses_none_that_was_acknowledged(path: Path) -> None:
    async with open_store(path) as store:
        await store.open_call(a_call())
    ours, theirs = FRESH.Pipe(duplex=False)
    process = FRESH.Process(target=append_on_and_on, args=(path, theirs))
    process.start()
    theirs.close()
    acknowledged = []
    for seq in heard(ours):
        acknowledged.append(seq)
        if seq == 50:
            process.kill()
    ours.close()
    process.join(LIMIT_S)
    assert len(acknowledged) >= 50
    async with open_store(path) as store:
        kept = [turn.seq for turn in await store.turns(CALL)]
        assert kept == list(range(1, len(kept) + 1))
        assert set(acknowledged) <= set(kept)
        following = await store.append_turn(CALL, CALLER, "still here", started_at=START, ended_at=START)
        assert following.seq == len(kept) + 1
