"""A floor of people over a store in memory, in virtual time: callers come, people answer, processes die."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from itertools import count
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from errors import StaleHandoff
from people import queue_step
from persistence.people import EntryId, Offer, Person, QueueEntry
from persistence.records import Call, CallId, JobId, RoleName, WorkerId
from persistence.sql.connection import Move, Rows, Values
from tests.support.memory_store import MemoryDatabase, MemoryStore

START = 1_700_000_000_000
DESK = RoleName("service-desk")
PEOPLE = (Person("Anna"), Person("Ben"), Person("Cleo"))
RINGS_MS = 20_000


class Killed(BaseException):
    """`kill -9` of the process that serves the queue."""


class FloorClock:
    """`Clock` of the store and of every process."""

    def __init__(self) -> None:
        self.now = START

    def now_ms(self) -> int:
        return self.now


class KillableDatabase(MemoryDatabase):
    """Kills the process that would make more than `moves_left` moves: after a commit, or before the first."""

    moves_left: int | None = None

    async def move(self, move: Move, values: Values) -> Rows:
        if self.moves_left is not None:
            if self.moves_left == 0:
                raise Killed
            self.moves_left -= 1
        return await super().move(move, values)


class Floor:
    """A floor with an event loop of its own. Every method is one thing that happens."""

    def __init__(self) -> None:
        self.clock = FloorClock()
        self._loop, self._ids = asyncio.new_event_loop(), count(1)
        self.database = KillableDatabase(self.clock.now_ms)
        self.store = MemoryStore(database=self.database)

    def close(self) -> None:
        self._loop.close()

    def run(self, what: Awaitable[Any]) -> Any:
        async def waited() -> Any:
            return await what

        return self._loop.run_until_complete(waited())

    def serve(self, *, moves: int | None = None) -> int:
        """Run one step of the queue, by a process that is killed after so many moves (None: never)."""
        self.database.moves_left = moves
        try:
            with patch.object(queue_step, "uuid", self):  # hypothesis needs the same offers in the same order
                return int(self.run(queue_step.step(self.store, self.clock)))
        except Killed:
            return 0
        finally:
            self.database.moves_left = None

    def uuid4(self) -> SimpleNamespace:
        """Return the id of the next offer: numbered, so that every run has the same ids."""
        return SimpleNamespace(hex=f"{next(self._ids):032x}")

    def calls(
        self, number: int, *, people: Sequence[Person] = PEOPLE, started_at: int | None = None, **fields: Any
    ) -> QueueEntry:
        """Have a caller come who wants one of these people."""
        now = self.clock.now
        job = JobId(f"job-{number}")
        call = Call(CallId(f"call-{number}"), f"room-{number}", "caller", DESK, job, WorkerId("w"), now)
        self.run(self.store.open_call(call))
        entry = QueueEntry(
            EntryId(f"entry-{number:03}"), call.id, DESK, started_at or now, now, tuple(people), RINGS_MS
        )
        entered = self.run(self.store.enter_queue(replace(entry, moved_at=now, **fields)))
        assert isinstance(entered, QueueEntry)
        return entered

    def tries(self, move: Callable[[], Awaitable[object]], *refusals: type[Exception]) -> Any:
        """Make the move; return None if another one was first."""
        try:
            return self.run(move())
        except refusals:
            return None

    def accepts(self, offer: Offer) -> bool:
        """Have the person accept; return whether they have the caller."""
        move = self.store.accept_offer
        made = self.tries(
            lambda: move(offer.id, offer.person, connect_within_s=30, at=self.clock.now), StaleHandoff
        )
        return made is not None
