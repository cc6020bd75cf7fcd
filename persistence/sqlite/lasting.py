"""A connection that outlives its file: opened again when another file is there, and a removed one put back.

A removed file lives on in those who have it open, and SQLite goes on writing to it, unseen. So every
statement looks whether the file is still the one at the path; what was written to another was not written.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiosqlite

from errors import StoreUnusable
from persistence.sqlite.connections import connected
from persistence.sqlite.removed import identity_of, put_back

log = logging.getLogger(__name__)


class Lasting:
    """Made by `lasting`. Opens when it is first needed, and whenever it must."""

    def __init__(self, path: Path, *, query_only: bool) -> None:
        self._path, self._query_only = path, query_only
        self._turn = asyncio.Lock()
        self._opened = AsyncExitStack()
        self._connection: aiosqlite.Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._closed = False

    async def execute_fetchall(
        self, statement: str, values: Mapping[str, object] | None = None
    ) -> Iterable[sqlite3.Row]:
        """As aiosqlite's. Raises: StoreUnusable, and what SQLite raises."""
        async with self._turn:
            connection = await self._current()
            rows = await connection.execute_fetchall(statement, dict(values or {}))
            if not self._query_only and identity_of(self._path) != self._identity:
                raise StoreUnusable(f"{self._path} was removed while it was written")
            return rows

    async def check(self) -> None:
        """Open it, unless it is. Raises: StoreUnusable."""
        async with self._turn:
            await self._current()

    async def close(self) -> None:
        async with self._turn:
            self._closed = True
            await self._close()

    async def _current(self) -> aiosqlite.Connection:
        if self._closed:
            raise StoreUnusable(f"{self._path} was closed")
        if self._connection is not None:
            if identity_of(self._path) == self._identity:
                return self._connection
            await self._leave_file(self._connection)
        identity = identity_of(self._path)
        self._connection = await self._opened.enter_async_context(
            connected(self._path, query_only=self._query_only)
        )
        self._identity = identity
        return self._connection

    async def _leave_file(self, connection: aiosqlite.Connection) -> None:
        """The file at the path is not ours any more."""
        if not self._query_only and identity_of(self._path) is None:
            log.error("the database was removed, it is put back")
            await put_back(connection, self._path)
        await self._close()

    async def _close(self) -> None:
        self._connection = self._identity = None
        await self._opened.aclose()


@asynccontextmanager
async def lasting(path: Path, *, query_only: bool, patient: bool) -> AsyncIterator[Lasting]:
    """Open until the block ends. Who is `patient` gets it also where the database cannot be opened now.

    Raises: StoreUnusable.
    """
    connection = Lasting(path, query_only=query_only)
    try:
        if not patient:
            await connection.check()
        yield connection
    finally:
        await connection.close()
