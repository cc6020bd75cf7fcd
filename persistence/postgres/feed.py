"""Events, and the wait for the next commit: `persistence.contract.feed`.

Postgres numbers events when they are written, and shows them when they are committed: 12 may be there before
11. So events behind a gap are held back until every transaction that may fill it is over. Within a call there
are no such gaps: its moves, and with them its events, come one after the other (migrations/003_moves.sql).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from errors import StoreError
from persistence.postgres.channels import EVERY_CHANGE, channel_of
from persistence.postgres.connection import Opened, translated
from persistence.records import CallId, Event, HandoffId
from persistence.sql.events import EVENT, EVENTS_OF_CALL, EVENTS_OF_HANDOFF
from persistence.sql.rows import event_of
from persistence.sql.tables import Tables, limited

LOOK_AGAIN_S = 0.1
"""How soon a follower of the whole store sees a commit that was not announced: what agents record, and the
last commit of a writer that died."""
_LOOK_AT_CALL_S = 5.0
"""The same for a call's agents, of which there are many. A nudge also tells them of operators' acts."""
_HOLD_S, _FIRST_HOLD_S = 1.0, 5.0
"""How long a read waits for older transactions, and how long the first one does, which knows no event yet."""
_PAUSE_S = 0.002
_MOST_AT_ONCE = 5_000

_EVENTS = f"SELECT {EVENT} FROM events WHERE id > :after AND id <= :settled ORDER BY id"
_LATEST = "SELECT coalesce(max(id), 0) AS id FROM events"
_NEXT = f"SELECT id FROM events WHERE id > :settled ORDER BY id LIMIT {_MOST_AT_ONCE}"
# A transaction has its number before it takes an event's: each move has locked or written a row by then.
_FENCE = "SELECT pg_current_xact_id()::text::bigint AS fence"
_OLDEST = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS oldest"
_SNAPSHOT = "SELECT pg_current_snapshot()::text AS snapshot"


class PostgresChanges:
    """`Changes`, by LISTEN on a connection of its own."""

    def __init__(
        self, url: str, open_: Callable[[], Awaitable[Opened]], *, within_s: float, call_id: CallId | None
    ) -> None:
        self._url, self._open = url, open_
        self._channel = EVERY_CHANGE if call_id is None else channel_of(call_id)
        self._look_every_s = max(within_s, LOOK_AGAIN_S if call_id is None else _LOOK_AT_CALL_S)
        self._looks_at = 0.0
        self._connection: Opened | None = None
        self._seen = ""

    async def changed(self, limit_s: float) -> bool:
        try:
            with translated(self._url):
                return await self._changed(limit_s)
        except StoreError:
            if self._connection is not None:
                await self._connection.close()
                self._connection = None
            raise

    async def _changed(self, limit_s: float) -> bool:
        if self._connection is None:
            self._connection = await self._open()
            await self._connection.execute(f"LISTEN {self._channel}")
            await self._look(self._connection)
            return True
        loop = asyncio.get_running_loop()
        end = loop.time() + limit_s
        while (now := loop.time()) < end:
            wait_s = max(0.0, min(end, self._looks_at) - now)
            if [notice async for notice in self._connection.notifies(timeout=wait_s, stop_after=1)]:
                return True
            if loop.time() >= self._looks_at and await self._look(self._connection):
                return True
        return False

    async def _look(self, connection: Opened) -> bool:
        """Whether anything was committed since the last look."""
        self._looks_at = asyncio.get_running_loop().time() + self._look_every_s
        before, self._seen = self._seen, await self._snapshot(connection)
        return self._seen != before

    async def _snapshot(self, connection: Opened) -> str:
        """Which transactions are over; every commit changes it."""
        row = await (await connection.execute(_SNAPSHOT)).fetchone()
        return str(row["snapshot"]) if row else ""


class PostgresFeed(Tables):
    """`FeedStore`."""

    _settled = 0
    """No event will ever appear with this id or a lower one."""
    _fences: tuple[tuple[int, int], ...] = ()
    """Pairs, oldest first. The id is settled once all transactions below the number are over."""

    async def events(
        self, *, call_id: CallId | None = None, after: int = 0, limit: int | None = None
    ) -> Sequence[Event]:
        if call_id is not None:
            statement = limited(EVENTS_OF_CALL, limit)
            values = {"call_id": call_id, "after": after, "limit": limit}
        else:
            statement = limited(_EVENTS, limit)
            values = {"after": after, "settled": await self._settle(), "limit": limit}
        return [event_of(row) for row in await self._read(statement, values)]

    async def handoff_events(self, handoff_id: HandoffId) -> Sequence[Event]:
        return [event_of(row) for row in await self._read(EVENTS_OF_HANDOFF, {"id": handoff_id})]

    async def latest_event(self) -> int:
        return await self._settle()

    async def has_written(self, event_id: int) -> bool:
        return event_id <= await self._number(_LATEST, "id")

    async def _settle(self) -> int:
        """How far the events can be read without missing one that comes later."""
        loop = asyncio.get_running_loop()
        end = loop.time() + (_HOLD_S if self._settled else _FIRST_HOLD_S)
        newest = await self._newest()
        if newest > self._settled:
            self._fences = (*self._fences[-1:], (newest, await self._number(_FENCE, "fence")))
        while self._settled < newest and loop.time() < end:
            await self._pass_fences()
            if self._settled < newest:
                await asyncio.sleep(_PAUSE_S)
        return self._settled

    async def _newest(self) -> int:
        """The newest id there is. Those that follow without a gap are settled at once."""
        if not self._settled:
            return await self._number(_LATEST, "id")
        newest = self._settled
        for row in await self._read(_NEXT, {"settled": self._settled}):
            newest = int(row["id"])
            if newest == self._settled + 1:
                self._settled = newest
        return newest

    async def _pass_fences(self) -> None:
        oldest = await self._number(_OLDEST, "oldest")
        passed = [newest for newest, fence in self._fences if fence <= oldest]
        self._settled = max([self._settled, *passed])
        self._fences = tuple(fence for fence in self._fences if fence[1] > oldest)

    async def _number(self, statement: str, name: str) -> int:
        (row,) = await self._read(statement, {})
        return int(row[name])
