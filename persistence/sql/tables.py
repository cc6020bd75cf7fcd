"""What the aggregates share: reads on one connection, guarded writes on the other."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from errors import StaleHandoff
from persistence.contract.calls import Cursor
from persistence.sql.connection import Connection, Move, Row, Rows, Values


class Writer:
    """Makes moves on the writing connection.

    A cancelled write keeps running, and may land. Its caller is released at once,
    because the person on the line comes first; `settled` waits until the outcome is known, so that a read
    after it is decisive.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._abandoned: set[asyncio.Future[Rows]] = set()

    async def changed(self, move: Move, values: Values) -> Row | None:
        """The row that the move wrote; None if its guard matched nothing. Raises: StoreError."""
        writing = asyncio.ensure_future(self._connection.move(move, values))
        try:
            rows = list(await asyncio.shield(writing))
        except asyncio.CancelledError:
            self._abandoned.add(writing)
            writing.add_done_callback(self._landed)
            raise
        return rows[0] if rows else None

    async def moved(self, move: Move, values: Values) -> Row:
        """As `changed`, but no row means that another writer was first. Raises: StaleHandoff, StoreError."""
        row = await self.changed(move, values)
        if row is None:
            raise StaleHandoff("the row is not in the state this move starts from")
        return row

    async def settled(self) -> None:
        """Return when every cancelled write has landed or failed."""
        if self._abandoned:
            await asyncio.wait(set(self._abandoned))

    def _landed(self, writing: asyncio.Future[Rows]) -> None:
        self._abandoned.discard(writing)
        if not writing.cancelled():
            writing.exception()  # retrieved: its caller has gone, and will read the row


class Tables:
    """The base of each aggregate. A read sees every write that was acknowledged before it."""

    def __init__(self, writing: Connection, reading: Connection) -> None:
        self._writer = Writer(writing)
        self._reading = reading

    async def _read(self, statement: str, values: Values) -> list[Row]:
        await self._writer.settled()
        return list(await self._reading.run(statement, values))


IS_OPEN_HANDOFF = "state IN ('requested', 'dispatching', 'briefing', 'accepted')"
"""The same condition as in the partial index of handoffs."""


def given(after: Cursor | None, **wanted: object) -> dict[str, object]:
    """Those of a page's filters that are not None, with the values of `after_at` and `after_id`."""
    at, last_id = (after.at, after.id) if after else (None, None)
    found = {**wanted, "after_at": at, "after_id": last_id}
    return {name: value for name, value in found.items() if value is not None}


def newest_first(columns: str, table: str, time: str, conditions: Iterable[str]) -> str:
    """A page of a table, sorted by `time`. Wants `limit`, and the values of its conditions."""
    where = " AND ".join(conditions) or "TRUE"
    return f"SELECT {columns} FROM {table} WHERE {where} ORDER BY {time} DESC, id DESC LIMIT :limit"


def limited(statement: str, limit: int | None) -> str:
    """The statement, with `LIMIT :limit` if there is a limit."""
    return statement if limit is None else f"{statement} LIMIT :limit"
