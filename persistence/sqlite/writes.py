"""One statement at a time to the database, and what becomes of one whose caller was cancelled."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterable

from errors import StaleHandoff
from persistence.sqlite.connections import translated
from persistence.sqlite.lasting import Lasting
from persistence.sqlite.rows import Values

Rows = Iterable[sqlite3.Row]


class Writer:
    """Runs guarded statements on the writing connection.

    A cancelled write runs on in the connection's thread and may land. It is let go at once, for the caller on
    the line comes first; `settled` waits until it is known, so that a read after it is decisive.
    """

    def __init__(self, connection: Lasting) -> None:
        self._connection = connection
        self._let_go: set[asyncio.Future[Rows]] = set()

    async def changed(self, statement: str, values: Values) -> sqlite3.Row | None:
        """The row that the statement returned, None where its guard let none through. Raises: StoreError."""
        writing = asyncio.ensure_future(self._run(statement, values))
        try:
            with translated():
                rows = list(await asyncio.shield(writing))
        except asyncio.CancelledError:
            self._let_go.add(writing)
            writing.add_done_callback(self._landed)
            raise
        return rows[0] if rows else None

    async def moved(self, statement: str, values: Values) -> sqlite3.Row:
        """As `changed`; no row means that somebody else came first. Raises: StaleHandoff, StoreError."""
        row = await self.changed(statement, values)
        if row is None:
            raise StaleHandoff("the row is not in the state this move starts from")
        return row

    async def settled(self) -> None:
        """Returns when every write that was let go has landed or failed."""
        if self._let_go:
            await asyncio.wait(set(self._let_go))

    async def _run(self, statement: str, values: Values) -> Rows:
        return await self._connection.execute_fetchall(statement, values)

    def _landed(self, writing: asyncio.Future[Rows]) -> None:
        self._let_go.discard(writing)
        if not writing.cancelled():
            writing.exception()  # seen: whoever wanted it has gone, and will read the row
