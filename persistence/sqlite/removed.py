"""A database that was removed while it was open: put back, whole, from a connection that still has it."""

from __future__ import annotations

import asyncio
import fcntl
import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from uuid import uuid4

import aiosqlite

from errors import StoreUnusable


def identity_of(path: Path) -> tuple[int, int] | None:
    """Which file is at the path; None: none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


async def put_back(connection: aiosqlite.Connection, path: Path) -> None:
    """Write all that `connection` has to `path`, unless somebody has. Raises: StoreUnusable."""
    copy = path.with_name(f"{path.name}.{uuid4().hex}.copy")
    try:
        async with _one_at_a_time(path):
            if identity_of(path) is not None:
                return
            try:
                await connection.execute("VACUUM INTO ?", (str(copy),))
                await asyncio.to_thread(_put_in_place, copy, path)
            finally:
                await asyncio.to_thread(copy.unlink, missing_ok=True)
    except (OSError, sqlite3.Error) as error:
        raise StoreUnusable(f"{path} was removed, and cannot be put back: {error}") from error


def _put_in_place(copy: Path, path: Path) -> None:
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    _sync(copy)
    for log in ("-wal", "-shm"):
        # The removed file's: SQLite would replay that log into the new file.
        path.with_name(path.name + log).unlink(missing_ok=True)
    with suppress(FileExistsError):  # somebody has made one in between
        os.link(copy, path)
    _sync(path.absolute().parent)


@asynccontextmanager
async def _one_at_a_time(path: Path) -> AsyncIterator[None]:
    """Among all processes. The folder itself is locked: it is there when the file is not."""
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        await asyncio.to_thread(fcntl.flock, descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
