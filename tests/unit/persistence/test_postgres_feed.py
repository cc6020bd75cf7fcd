"""A reader beside writers that commit late, or not at all: it misses nothing, and sees nothing twice."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable

import psycopg
import pytest

from persistence.contract.handoffs import Outcome
from persistence.contract.store import Store
from persistence.engines import open_store
from persistence.postgres import feed
from persistence.postgres.channels import EVERY_CHANGE
from persistence.records import CallEnd, CallId, HandoffState, RoleName
from tests.contract.building import CALL, HANDOFF, HOLDER, START, a_call, brought_to

WRITERS = 6
LIMIT_S = 600.0
_EVENT = (
    "INSERT INTO events (subject, kind, moved_to, actor, at) VALUES ('s', 'call', 't', 'a', 1) RETURNING id"
)


async def write(url: str, seed: int, events: int) -> set[int]:
    """Write transactions of one or two events each, open for up to 20 ms. Return the ids committed."""
    dice = random.Random(seed)
    written: set[int] = set()
    async with await psycopg.AsyncConnection.connect(url) as connection:
        while len(written) < events:
            await connection.execute("SELECT pg_current_xact_id()")  # as a move: it writes its own row first
            ids = [await (await connection.execute(_EVENT)).fetchone() for _ in range(dice.choice((1, 2)))]
            await asyncio.sleep(dice.choice((0, 0, 0.001, 0.02)))
            if dice.random() < 0.05:
                await connection.rollback()
            else:
                await connection.commit()
                written |= {row[0] for row in ids if row}
    return written


async def read_until(store: Store, done: asyncio.Event) -> list[int]:
    seen: list[int] = []
    while True:
        is_last = done.is_set()
        events = await store.events(after=seen[-1] if seen else 0, limit=500)
        seen += [event.id for event in events]
        if is_last and not events:
            return seen
        await asyncio.sleep(0.002)


@pytest.mark.parametrize("events", [900, pytest.param(10_000, marks=pytest.mark.long)])
async def test_a_reader_misses_no_event_beside_rollbacks_and_late_commits(
    empty_postgres: str, events: int
) -> None:
    done = asyncio.Event()
    async with open_store(empty_postgres) as store, asyncio.TaskGroup() as tasks:
        reading = tasks.create_task(read_until(store, done))
        writing = [
            tasks.create_task(write(empty_postgres, seed, events // WRITERS)) for seed in range(WRITERS)
        ]
        await asyncio.wait(writing)
        done.set()
    written = set().union(*(writer.result() for writer in writing))
    assert len(written) < max(written), "some were rolled back"
    assert reading.result() == sorted(written)


async def test_what_comes_after_an_open_transaction_is_held_back_and_then_shown(empty_postgres: str) -> None:
    async with (
        open_store(empty_postgres) as store,
        await psycopg.AsyncConnection.connect(empty_postgres) as open_one,
    ):
        await store.open_call(a_call(call_id="before", room="before"))
        before = await store.latest_event()
        await open_one.execute(_EVENT)
        await store.open_call(a_call(call_id="after", room="after"))
        assert await store.events(after=before) == [], "an event between may still come"
        assert await store.latest_event() == before
        await open_one.commit()
        assert [event.id for event in await store.events(after=before)] == [before + 1, before + 2]


async def test_a_commit_whose_writer_told_nobody_is_seen_at_the_next_look(empty_postgres: str) -> None:
    async with (
        open_store(empty_postgres) as store,
        await psycopg.AsyncConnection.connect(empty_postgres, autocommit=True) as silent,
    ):
        changes = store.changes(within_s=0.02)
        await changes.changed(0)
        await silent.execute(_EVENT)
        assert await changes.changed(LIMIT_S)
        assert (await store.events())[-1].subject == "s"


async def test_nobody_is_told_of_what_is_said_and_everybody_of_a_move(empty_postgres: str) -> None:
    async with (
        open_store(empty_postgres) as store,
        await psycopg.AsyncConnection.connect(empty_postgres, autocommit=True) as listening,
    ):
        await listening.execute(f"LISTEN {EVERY_CHANGE}")
        await store.open_call(a_call())
        assert [told async for told in listening.notifies(timeout=LIMIT_S, stop_after=1)]
        await store.append_turn(CALL, "caller", "No", started_at=START, ended_at=START)
        assert not [told async for told in listening.notifies(timeout=0.1, stop_after=1)]
        await store.hold_call(CALL, by="ann", at=START)
        assert [told async for told in listening.notifies(timeout=LIMIT_S, stop_after=1)]


async def test_a_place_in_the_events_that_another_copy_gave_out_is_known_beside_an_old_transaction(
    empty_postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        open_store(empty_postgres) as one,
        await psycopg.AsyncConnection.connect(empty_postgres) as old,
    ):
        await one.open_call(a_call())
        place = await one.latest_event()
        monkeypatch.setattr(feed, "_FIRST_HOLD_S", 0.05)
        await old.execute("SELECT pg_current_xact_id()")
        async with open_store(empty_postgres) as other:
            assert await other.latest_event() < place, "it cannot know yet what is still to come"
            assert await other.has_written(place)
            assert not await other.has_written(place + 1)


async def test_the_agents_of_a_call_wake_up_for_its_moves_and_for_no_others(empty_postgres: str) -> None:
    """Nor for turns, which are most of a call's writes: everything that an agent says would wake it."""
    async with open_store(empty_postgres) as store, open_store(empty_postgres) as other:
        await brought_to(store, HandoffState.ACCEPTED)
        await store.open_call(a_call(call_id="other", room="other"))
        changes = store.changes(within_s=0.2, call_id=CALL)
        assert await changes.changed(0), "the first look"
        moves: list[Awaitable[object]] = [
            other.redirect_handoff(HANDOFF, RoleName("technical"), by="ann", at=START),
            other.end_handoff(
                HANDOFF, Outcome(HandoffState.CANCELLED, "so"), attempt_id=None, actor="ann", at=START
            ),
            other.hold_call(CALL, by="ann", at=START),
            other.resume_call(CALL, by="ann", at=START),
            other.end_call(CALL, CallEnd.CALLER_LEFT, job=HOLDER, at=START),
        ]
        for move in moves:
            for words_of in (CallId("other"), CALL):
                await other.append_turn(words_of, "caller", "No", started_at=START, ended_at=START)
            assert not await changes.changed(0.05)
            await move
            assert await changes.changed(LIMIT_S)
