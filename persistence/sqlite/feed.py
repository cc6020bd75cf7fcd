"""Events, and the wait for the next commit: `persistence.contract.feed`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from persistence.records import CallId, Event, HandoffId
from persistence.sql.events import EVENT, EVENTS_OF_CALL, EVENTS_OF_HANDOFF
from persistence.sql.rows import event_of
from persistence.sql.tables import Tables, limited

EVENTS = f"SELECT {EVENT} FROM events WHERE id > :after ORDER BY id"


class SqliteChanges:
    """`Changes`, by polling: SQLite wakes nobody up, but it counts commits."""

    def __init__(self, version: Callable[[], Awaitable[int]], *, within_s: float) -> None:
        self._version, self._within_s = version, within_s
        self._seen: int | None = None

    async def changed(self, limit_s: float) -> bool:
        loop = asyncio.get_running_loop()
        end = loop.time() + limit_s
        while True:
            version = await self._version()
            if version != self._seen:
                self._seen = version
                return True
            await asyncio.sleep(max(0.0, min(self._within_s, end - loop.time())))
            if loop.time() >= end:
                return False


class SqliteFeed(Tables):
    """`FeedStore`. One writer at a time: ids are handed out in the order of commits."""

    async def events(
        self, *, call_id: CallId | None = None, after: int = 0, limit: int | None = None
    ) -> Sequence[Event]:
        statement = limited(EVENTS if call_id is None else EVENTS_OF_CALL, limit)
        values = {"call_id": call_id, "after": after, "limit": limit}
        return [event_of(row) for row in await self._read(statement, values)]

    async def handoff_events(self, handoff_id: HandoffId) -> Sequence[Event]:
        return [event_of(row) for row in await self._read(EVENTS_OF_HANDOFF, {"id": handoff_id})]

    async def latest_event(self) -> int:
        (row,) = await self._read("SELECT coalesce(max(id), 0) FROM events", {})
        return int(row[0])

    async def has_written(self, event_id: int) -> bool:
        return event_id <= await self.latest_event()

    def changes(self, *, within_s: float, call_id: CallId | None = None) -> SqliteChanges:
        return SqliteChanges(self._data_version, within_s=within_s)

    async def _data_version(self) -> int:
        # Takes 4 µs. On the reading connection it changes with every commit of any other connection, our own
        # writing one included (measured: groq-facts, "Store").
        (row,) = await self._read("PRAGMA data_version", {})
        return int(row[0])
