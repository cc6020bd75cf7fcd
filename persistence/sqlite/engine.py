"""Connections set up as measurements showed to be fast and safe, and SQLite's errors in Baton's words.

WAL (set by `migrate`), autocommit, one statement a move, and synchronous=FULL, so that an acknowledged write
survives a power cut. Never BEGIN … COMMIT: tasks share a connection, and would share the transaction.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path

import aiosqlite

from errors import StaleHandoff, StoreError, StoreMissing, StoreRefused, StoreUnusable
from persistence.contract.engine import NowMs
from persistence.sql.connection import Move, Rows, Values
from persistence.sql.lost_answers import LostAnswers
from persistence.sqlite.migrate import APPLICATION_ID, VERSION

log = logging.getLogger(__name__)

BUSY_WAIT_S = 10.0
"""How long a statement waits for another process's write before it gives up."""

SETTINGS = "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON"
"""secure_delete overwrites what a statement removes, even if a row only moves to another page."""

_WHOSE = """
SELECT user_version, application_id, EXISTS (SELECT 1 FROM sqlite_schema)
FROM pragma_user_version, pragma_application_id
"""


class FileConnection:
    """`Connection` to a database file. Opens at its first statement, and again after a failure.

    SQLite keeps writing to a file that somebody has removed, and reports success. So each statement is
    followed by one `stat`: if the path no longer leads to the open file, the statement fails, the connection
    is dropped, and the next statement opens whatever is at the path then.
    """

    def __init__(self, path: Path, *, query_only: bool, now_ms: NowMs) -> None:
        self._path, self._query_only, self._now_ms = path, query_only, now_ms
        self._turn = asyncio.Lock()
        self._opened = AsyncExitStack()
        self._connection: aiosqlite.Connection | None = None
        self._file: tuple[int, int] | None = None
        self._closed = False
        self._lost = LostAnswers()

    async def move(self, move: Move, values: Values) -> Rows:
        return await self._run(move.sqlite, values, move)

    async def run(self, statement: str, values: Values) -> Rows:
        return await self._run(statement, values)

    async def _run(self, statement: str, values: Values, move: Move | None = None) -> Rows:
        async with self._turn:
            connection = await self._current()
            if move and (made := self._lost.taken(move, values, of=self._file)) is not None:
                return made
            with translated():
                rows = await connection.execute_fetchall(statement, values)
            if _file_at(self._path) == self._file:
                return rows
            if move and rows:
                self._lost.keep(move, values, rows, of=self._file)  # the file may be put back
            await self._drop()
        log.error("the database file was removed or replaced")
        right = "put it back without old -wal and -shm files beside it, or start the worker, which makes one"
        raise StoreUnusable(f"{self._path} was removed or replaced: {right}")

    async def open(self) -> None:
        """Open it now, unless it is open. Raises: StoreUnusable."""
        async with self._turn:
            await self._current()

    async def close(self) -> None:
        async with self._turn:
            self._closed = True
            await self._drop()

    async def _current(self) -> aiosqlite.Connection:
        if self._closed:
            raise StoreUnusable(f"{self._path} was closed")
        if self._connection is None:
            self._file = _file_at(self._path)
            self._connection = await self._opened.enter_async_context(
                connected(self._path, query_only=self._query_only, now_ms=self._now_ms)
            )
        return self._connection

    async def _drop(self) -> None:
        self._connection = self._file = None
        await self._opened.aclose()


@asynccontextmanager
async def file_connection(
    path: Path, *, query_only: bool, patient: bool, now_ms: NowMs
) -> AsyncIterator[FileConnection]:
    """Closed when the block ends. `patient`: yield it even if the database cannot be opened now.

    Raises: StoreUnusable.
    """
    connection = FileConnection(path, query_only=query_only, now_ms=now_ms)
    try:
        if not patient:
            await connection.open()
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def connected(path: Path, *, query_only: bool, now_ms: NowMs) -> AsyncIterator[aiosqlite.Connection]:
    """An open connection to a database at this program's version; never creates the file.

    Closing is exact: the thread behind a connection that stays open keeps the interpreter from exiting.
    Raises: StoreUnusable.
    """
    _check_there(path)
    with _unusable(path):
        connection = await aiosqlite.Connection(lambda: _connect(path), iter_chunk_size=64)
    try:
        with _unusable(path):
            await connection.create_function("now_ms", 0, now_ms)
            await connection.executescript(f"{SETTINGS}; PRAGMA query_only = {int(query_only)};")
            ((version, owner, used),) = await connection.execute_fetchall(_WHOSE)
        _check_version(path, version, is_ours=owner == APPLICATION_ID or not used)
        yield connection
    finally:
        await connection.close()


def _connect(path: Path) -> sqlite3.Connection:
    """Runs in the connection's own thread. Reads nothing yet: failing here would leave that thread behind."""
    # rw never creates the file. A reader needs it as well, to recover the log that a crash left.
    address = f"{path.absolute().as_uri()}?mode=rw"
    connection = sqlite3.connect(address, uri=True, timeout=BUSY_WAIT_S, isolation_level=None)
    connection.row_factory = sqlite3.Row
    return connection


def _file_at(path: Path) -> tuple[int, int] | None:
    """Which file the path leads to; None if there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _check_there(path: Path) -> None:
    try:
        there = path.is_file()
    except OSError as error:  # its name is too long, or its folder is closed to this user
        right = "name another file, or run this as the worker's user"
        raise StoreUnusable(f"{path} cannot be reached ({error.strerror}): {right}") from error
    if path.is_dir():
        raise StoreUnusable(f"{path} is a folder: name a file in it, such as {path / 'baton.db'}")
    if not there:
        raise StoreMissing(f"there is no database at {path.absolute()}: start the worker, which makes it")
    if not os.access(path, os.R_OK):
        raise StoreUnusable(f"{path} may not be read by this user")


def _check_version(path: Path, version: int, *, is_ours: bool) -> None:
    if not is_ours:
        raise StoreUnusable(f"{path} belongs to another program: name a database of Baton's")
    if version > VERSION:
        raise StoreUnusable(
            f"{path} was written by a newer Baton (version {version}, this program knows {VERSION}): "
            "use the newer program or another file"
        )
    if version < VERSION:
        raise StoreUnusable(
            f"{path} is at version {version}, this program needs {VERSION}: "
            "start the worker, which brings it up"
        )


@contextmanager
def _unusable(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        why = str(error)
        if not all(os.access(place, os.W_OK) for place in (path, path.absolute().parent)):
            why = "SQLite needs to write there even to read; run this as the worker's user"
        raise StoreUnusable(f"{path} cannot be opened: {why}") from error


@contextmanager
def translated() -> Iterator[None]:
    """A trigger's refusal becomes StaleHandoff, a constraint's StoreRefused, everything else StoreError.

    None of them tells what a column holds.
    """
    try:
        yield
    except sqlite3.IntegrityError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_CONSTRAINT_TRIGGER:
            raise StaleHandoff(str(error)) from error
        raise StoreRefused(f"the database refused the row: {error}") from error
    except (sqlite3.Error, ValueError) as error:  # ValueError: aiosqlite's, when the connection is closed
        raise StoreError(f"the database did not answer: {error}") from error
