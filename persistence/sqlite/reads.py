"""What can be asked of the store. A reader sees every write that was acknowledged before it asked."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Sequence

from persistence.contract.handoffs import Cursor
from persistence.records import (
    Attempt,
    Call,
    CallId,
    Event,
    Handoff,
    HandoffId,
    HandoffState,
    RoleName,
    Turn,
)
from persistence.sqlite import statements as sql
from persistence.sqlite.connections import translated
from persistence.sqlite.lasting import Lasting
from persistence.sqlite.rows import Values, attempt_of, call_of, event_of, handoff_of, turn_of

_NO_LIMIT = -1  # SQLite: a negative limit is none


def _after(cursor: Cursor | None) -> Values:
    return {} if cursor is None else {"after_at": cursor.at, "after_id": cursor.id}


class SqliteReader:
    """The reading half of `persistence.contract.handoffs.Store`, over one query_only connection."""

    def __init__(self, reading: Lasting, *, before: Callable[[], Awaitable[None]] | None = None) -> None:
        """`before` is awaited before each read: the store's own writes that must be settled first."""
        self._reading = reading
        self._before = before

    async def call(self, call_id: CallId) -> Call | None:
        rows = await self._read(sql.CALL, {"id": call_id})
        return call_of(rows[0]) if rows else None

    async def open_call_in(self, room: str) -> Call | None:
        rows = await self._read(sql.OPEN_CALL_IN, {"room": room})
        return call_of(rows[0]) if rows else None

    async def calls(
        self, *, is_open: bool | None = None, after: Cursor | None = None, limit: int = 50
    ) -> Sequence[Call]:
        wanted: Values = {"is_open": is_open or None, "is_over": is_open is False or None, **_after(after)}
        given = {name: value for name, value in wanted.items() if value is not None}
        return [call_of(row) for row in await self._read(sql.calls_where(given), {**given, "limit": limit})]

    async def turns(self, call_id: CallId, *, last: int | None = None) -> Sequence[Turn]:
        limit = _NO_LIMIT if last is None else last
        return [turn_of(row) for row in await self._read(sql.TURNS, {"call_id": call_id, "limit": limit})]

    async def handoff(self, handoff_id: HandoffId) -> Handoff | None:
        rows = await self._read(sql.HANDOFF, {"id": handoff_id})
        return handoff_of(rows[0]) if rows else None

    async def handoffs(
        self,
        *,
        call_id: CallId | None = None,
        state: HandoffState | None = None,
        role: RoleName | None = None,
        since: int | None = None,
        until: int | None = None,
        after: Cursor | None = None,
        limit: int = 50,
    ) -> Sequence[Handoff]:
        wanted: Values = {
            "call_id": call_id,
            "state": state,
            "role": role,
            "since": since,
            "until": until,
            **_after(after),
        }
        given = {name: value for name, value in wanted.items() if value is not None}
        rows = await self._read(sql.handoffs_where(given), {**given, "limit": limit})
        return [handoff_of(row) for row in rows]

    async def attempts(self, handoff_id: HandoffId) -> Sequence[Attempt]:
        return [attempt_of(row) for row in await self._read(sql.ATTEMPTS, {"handoff_id": handoff_id})]

    async def events(
        self, *, call_id: CallId | None = None, after: int = 0, limit: int | None = None
    ) -> Sequence[Event]:
        statement = sql.EVENTS if call_id is None else sql.EVENTS_OF_CALL
        values = {"call_id": call_id, "after": after, "limit": _NO_LIMIT if limit is None else limit}
        return [event_of(row) for row in await self._read(statement, values)]

    async def handoff_events(self, handoff_id: HandoffId) -> Sequence[Event]:
        return [event_of(row) for row in await self._read(sql.EVENTS_OF_HANDOFF, {"id": handoff_id})]

    async def latest_event(self) -> int:
        (row,) = await self._read("SELECT coalesce(max(id), 0) FROM events", {})
        return int(row[0])

    async def change_mark(self) -> int:
        # data_version: 4 µs, and it changes with every commit of another connection (groq-facts, "Store").
        (row,) = await self._read("PRAGMA data_version", {})
        return int(row[0])

    async def ids_beginning(self, prefix: str, *, limit: int = 10) -> Sequence[str]:
        rows = await self._read(sql.IDS_BEGINNING, {"prefix": prefix, "limit": limit})
        return [str(row["id"]) for row in rows]

    async def _read(self, statement: str, values: Values) -> list[sqlite3.Row]:
        if self._before:
            await self._before()
        with translated():
            return list(await self._reading.execute_fetchall(statement, values))
