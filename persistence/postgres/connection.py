"""A connection to the server, and Postgres's errors in Baton's words.

Autocommit, and one statement a move: its function is the transaction. Tasks share a connection, one statement
after the other, so that the writes of a process land in the order in which they were made.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import Any

import psycopg
from psycopg import AsyncConnection

from clock import follow, ticks_ms
from errors import StaleHandoff, StoreError, StoreRefused, StoreUnusable
from persistence.contract.engine import NowMs
from persistence.postgres.address import ANSWER_LIMIT_S, not_reached, parameters_of, plain
from persistence.postgres.answers import Answers, statement_of
from persistence.postgres.channels import channels_of
from persistence.postgres.rows import ServerRow, rows
from persistence.sql.connection import Move, Rows, Values, with_parameters

_WAIT_S = ANSWER_LIMIT_S + 2.0
"""Longer than the server's own limit, so that only a frozen server runs into it."""

_TOLD_EVERY_MS = 60_000
"""How often a connection in use asks for the server's time."""
_FORGET_LIMIT_S = 1.0

_QUIET = {"append_turn", "renew_lease", "save_costs", "beat"}
"""Moves that are not announced, since every listener of a fleet would wake up. Their answers are not kept:
making one twice does no harm, as the same turn is recognized. An answer would be a fifth of a turn's cost."""


Opened = AsyncConnection[ServerRow]
Check = Callable[[Opened], Awaitable[None]]


async def connect(url: str, *, read_only: bool) -> Opened:
    """Raises: BadInput, StoreUnusable."""
    parameters: dict[str, Any] = parameters_of(url, read_only=read_only)
    try:
        return await AsyncConnection.connect(**parameters, autocommit=True, row_factory=rows)
    except psycopg.Error as error:
        raise StoreUnusable(not_reached(url, error).wrong) from error


class ServerConnection:
    """`Connection`. Opens at its first statement, and again after a failure."""

    def __init__(self, url: str, *, read_only: bool, now_ms: NowMs | None, check: Check) -> None:
        """`check` looks at each new connection before its first statement. `now_ms`: a test's clock."""
        self._url, self._read_only, self._now_ms, self._check = url, read_only, now_ms, check
        self._turn = asyncio.Lock()
        self._connection: Opened | None = None
        self._telling: asyncio.Task[None] | None = None
        self._untold: set[str] = set()
        self._now: int | None = None
        self._told_at: int | None = None
        self._closed = False
        self._answers = Answers()

    @property
    def is_busy(self) -> bool:
        return self._turn.locked()

    async def run(self, statement: str, values: Values) -> Rows:
        return await self._run(_written(statement), values)

    async def move(self, move: Move, values: Values) -> Rows:
        given = {name: values[name] for name in move.parameters}
        if move.name in _QUIET:
            return await self._run(_call_of(move, noted=False), given)
        async with self._turn:
            rows = await self._made(move, given)
        if rows := list(rows):
            self._tell_soon(channels_of(move, given, rows[0]))
        return rows

    async def _made(self, move: Move, values: Values) -> Rows:
        await self._current()
        if (rows := self._answers.taken(move, values)) is not None:
            return rows
        asked = self._answers.asked(move, values)
        try:
            return await self._answer(_call_of(move, noted=True), asked)
        finally:
            if self._connection is not None:
                self._answers.answered()

    async def open(self) -> None:
        """Open it now, unless it is open. Raises: BadInput, StoreUnusable."""
        async with self._turn:
            await self._current()

    async def close(self) -> None:
        if self._telling is not None:
            await asyncio.wait({self._telling})
        async with self._turn:
            self._closed = True
            if self._connection is not None and _is_alive(self._connection):
                with suppress(psycopg.Error, TimeoutError):
                    async with asyncio.timeout(_FORGET_LIMIT_S):
                        await self._answers.forget(self._connection)
            await self._drop()

    async def _run(self, query: str, values: Values) -> Rows:
        async with self._turn:
            return await self._answer(query, values)

    async def _answer(self, query: str, values: Values) -> Rows:
        connection = await self._current()
        asking = asyncio.ensure_future(self._ask(connection, query, values))
        try:
            await asyncio.wait({asking}, timeout=_WAIT_S)
        finally:
            if not asking.done():  # too late, or cancelled: nobody waits for a server that may be frozen
                self._connection = None
                asking.add_done_callback(lambda asked: _hang_up_after(connection, asked))
                _hang_up(connection)
        if not asking.done():
            raise StoreError(f"the database did not answer within {_WAIT_S:.0f} s")
        try:
            with translated(self._url):
                return asking.result()
        finally:
            if _is_lost(connection, asking.exception()):
                await self._drop()

    async def _ask(self, connection: Opened, query: str, values: Values) -> Rows:
        if self._now_ms is not None and (now := self._now_ms()) != self._now:
            await connection.execute("SELECT set_config('baton.now_ms', %s, false)", (str(now),))
            self._now = now
        cursor = await connection.execute(query, {name: _kept(value) for name, value in values.items()})
        return await cursor.fetchall()

    def _tell_soon(self, channels: Iterable[str]) -> None:
        self._untold |= set(channels)
        if self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._tell(), name="tell of commits")

    async def _tell(self) -> None:
        """After the commit: inside the move's transaction, NOTIFY would let one commit through at a time.

        It waits for its turn behind other writes, and then tells of all that are committed by then.
        """
        while self._untold:
            async with self._turn:
                told = ", ".join(f"pg_notify('{channel}', '')" for channel in sorted(self._untold))
                self._untold.clear()
                with suppress(StoreError):  # followers also look from time to time
                    await self._answer(f"SELECT {told}", {})

    async def _current(self) -> Opened:
        if self._closed:
            raise StoreUnusable("the store was closed")
        if self._connection is not None and not _is_alive(self._connection):
            await self._drop()
        if self._connection is None:
            connection = await connect(self._url, read_only=self._read_only)
            try:
                with translated(self._url):
                    await self._check(connection)
                    await self._answers.find_out(connection)
            except BaseException:
                await connection.close()
                raise
            self._connection, self._now, self._told_at = connection, None, None
        await self._follow_clock(self._connection)
        return self._connection

    async def _follow_clock(self, connection: Opened) -> None:
        """Now and then: two hosts' clocks run apart by seconds a week."""
        asked = ticks_ms()
        if self._now_ms is not None or (self._told_at is not None and asked - self._told_at < _TOLD_EVERY_MS):
            return
        with translated(self._url):
            row = await (await connection.execute("SELECT now_ms() AS now")).fetchone()
        assert row is not None
        follow(row["now"], asked=asked, answered=ticks_ms())
        self._told_at = asked

    async def _drop(self) -> None:
        dropped, self._connection = self._connection, None
        if dropped is not None:
            await dropped.close()


@lru_cache(maxsize=500)
def _written(statement: str) -> str:
    return with_parameters(statement, r"%(\1)s")


_call_of = lru_cache(maxsize=200)(statement_of)


def _kept(value: object) -> object:
    """As Postgres keeps it: flags as numbers, and text without NUL, which it has no place for."""
    if isinstance(value, bool):
        return int(value)
    return value.replace("\0", "") if isinstance(value, str) else value


def _is_alive(connection: Opened) -> bool:
    """Whether the server has closed it while nobody asked. Sends nothing."""
    try:
        connection.pgconn.consume_input()
        connection.pgconn.consume_input()  # what it said as it closed, then the end
    except psycopg.OperationalError:
        return False
    return not connection.closed


def _is_lost(connection: Opened, error: BaseException | None) -> bool:
    """Whether the next statement needs a new connection: also when the primary has become a replica."""
    return connection.closed or isinstance(
        error, psycopg.OperationalError | psycopg.errors.ReadOnlySqlTransaction
    )


def _hang_up(connection: Opened) -> None:
    """End what waits for the server's answer, now. psycopg's own cancel would ask the server first."""
    with (
        suppress(psycopg.Error, OSError),  # it is closed by now
        socket.socket(fileno=os.dup(connection.fileno())) as line,
    ):
        line.shutdown(socket.SHUT_RDWR)


def _hang_up_after(connection: Opened, asked: asyncio.Future[Rows]) -> None:
    connection.pgconn.finish()
    if not asked.cancelled():
        asked.exception()  # retrieved: the caller of this has gone


@contextmanager
def translated(url: str) -> Iterator[None]:
    """A trigger's refusal becomes StaleHandoff, a constraint's StoreRefused, everything else StoreError.

    None of them tells what a column holds, or the password.
    """
    try:
        yield
    except psycopg.errors.RaiseException as error:
        raise StaleHandoff(plain(url, error)) from error
    except psycopg.IntegrityError as error:
        raise StoreRefused(f"the database refused the row: {plain(url, error)}") from error
    except psycopg.Error as error:
        raise StoreError(f"the database did not answer: {plain(url, error)}") from error
    except UnicodeError as error:
        raise StoreError(f"the database did not answer: {type(error).__name__}") from error
