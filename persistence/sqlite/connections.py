"""Connections as they were measured to be fast and safe, and SQLite's errors in Baton's words.

WAL (set by `migrate`), autocommit, one statement a move, and synchronous=FULL, so that what is acknowledged
outlives a power cut. Never BEGIN … COMMIT: tasks share a connection, and would share the transaction.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import aiosqlite

from errors import StaleHandoff, StoreError, StoreRefused, StoreUnusable
from persistence.sqlite.migrate import VERSION

BUSY_WAIT_S = 10.0
"""How long a statement waits for another process's write before it gives up."""

_MANNERS = "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON"


@asynccontextmanager
async def connected(path: Path, *, query_only: bool) -> AsyncIterator[aiosqlite.Connection]:
    """An open connection to a database at this program's version; never makes the file.

    Closing is exact: the thread behind a connection left open keeps the interpreter from ending.
    Raises: StoreUnusable.
    """
    _check_there(path)
    with _unusable(path):
        connection = await aiosqlite.Connection(lambda: _connect(path), iter_chunk_size=64)
    try:
        with _unusable(path):
            await connection.executescript(f"{_MANNERS}; PRAGMA query_only = {int(query_only)};")
            rows = list(await connection.execute_fetchall("PRAGMA user_version"))
        _check_version(path, int(rows[0][0]))
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


def _check_there(path: Path) -> None:
    if not path.is_file():
        raise StoreUnusable(f"there is no database at {path}: start the worker, which makes it")
    if not os.access(path, os.R_OK):
        raise StoreUnusable(f"{path} may not be read by this user")


def _check_version(path: Path, version: int) -> None:
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
        raise StoreUnusable(f"{path} cannot be opened: {error}") from error


@contextmanager
def translated() -> Iterator[None]:
    """A trigger's refusal is StaleHandoff, a constraint's StoreRefused, all else StoreError.

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
