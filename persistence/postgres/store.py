"""The whole store on Postgres: the aggregates over one connection that writes and a few that read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from errors import StoreUnusable
from persistence.contract.engine import NowMs
from persistence.contract.store import Store
from persistence.postgres.connection import Check, Opened, ServerConnection, connect
from persistence.postgres.feed import PostgresChanges, PostgresFeed
from persistence.postgres.migrate import usable
from persistence.records import CallId
from persistence.sql.connection import Connection, Move, Rows, Values
from persistence.sql.store import SqlStore

READERS = 3
"""The most connections that a process opens for reading. If it reads one thing at a time, it opens one."""


class Readers:
    """`Connection`, for reads: a pool, of which each statement takes the first that is free.

    psycopg_pool is none for us: it makes a caller wait while it tries again, where a call wants to hear at
    once that the database does not answer, and goes on.
    """

    def __init__(self, connections: list[ServerConnection]) -> None:
        self._connections = connections

    async def run(self, statement: str, values: Values) -> Rows:
        free = [connection for connection in self._connections if not connection.is_busy]
        return await (free or self._connections)[0].run(statement, values)

    async def move(self, move: Move, values: Values) -> Rows:
        raise StoreUnusable(f"{move.name} is no read")


class PostgresStore(SqlStore, PostgresFeed):
    """The aggregates, and how this engine is followed."""

    def __init__(self, writing: Connection, reading: Connection, url: str, listening: AsyncExitStack) -> None:
        super().__init__(writing, reading)
        self._url, self._listening = url, listening

    def changes(self, *, within_s: float, call_id: CallId | None = None) -> PostgresChanges:
        return PostgresChanges(self._url, self._listen, within_s=within_s, call_id=call_id)

    async def _listen(self) -> Opened:
        connection = await connect(self._url, read_only=True)
        self._listening.push_async_callback(connection.close)
        return connection


async def _ended(opening: list[asyncio.Task[None]]) -> None:
    """End what is still opening. An error in it reaches the next use of the connection, which tries again."""
    for task in opening:
        task.cancel()
    await asyncio.gather(*opening, return_exceptions=True)


@asynccontextmanager
async def open_store(
    url: str, *, read_only: bool = False, patient: bool = False, now_ms: NowMs | None = None
) -> AsyncIterator[Store]:
    """As `persistence.engines.open_store`. Raises: BadInput, StoreUnusable."""
    check: Check = usable(url)
    async with AsyncExitStack() as stack:

        def connection(*, reads: bool) -> ServerConnection:
            made = ServerConnection(url, read_only=reads, now_ms=now_ms, check=check)
            stack.push_async_callback(made.close)
            return made

        reading = [connection(reads=read_only) for _ in range(READERS)]
        writing = connection(reads=read_only)
        # At once and beside each other: a new connection takes as long as many statements.
        opening = [asyncio.create_task(each.open(), name="open the store") for each in (writing, reading[0])]
        stack.push_async_callback(_ended, opening)
        if not patient:
            await opening[0]
        yield PostgresStore(writing, Readers(reading), url, stack)
