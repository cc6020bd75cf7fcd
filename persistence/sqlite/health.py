"""Checks that a database accepts writes now: by a file next to it, and by its lock. Leaves nothing behind."""

from __future__ import annotations

import errno
import os
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from errors import BadInput, OutOfReach
from persistence.sqlite.migrate import VERSION, migrate

SETTING = "BATON_STORE"
_ROOM = 64 * 1024
"""Bytes that must fit on the disk."""
_LOCK_WAIT_S = 2.0


def inspect(path: Path) -> str:
    """Say in one line how the database is, without changing it. Blocks for a few seconds at most.

    Raises: BadInput, OutOfReach.
    """
    folder = path.absolute().parent
    try:
        there = path.exists()
    except OSError:  # `migrate` says why
        there = True
    if not there and folder.is_dir() and os.access(folder, os.W_OK):
        return f"{path} is not there yet; the worker makes it"
    version = _version_of_ours(path)
    if version is not None and version < VERSION:
        return f"{path} has version {version}; the worker brings it to {VERSION}"
    if version is not None:
        check_writable(path, wait_s=_LOCK_WAIT_S)
    migrate(path)  # nothing is left to migrate: it only checks, and says what is wrong
    return f"{path} is writable, version {VERSION}"


def _version_of_ours(path: Path) -> int | None:
    """The version of a database of Baton's; None for any other file, or none."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            ours = connection.execute("PRAGMA application_id").fetchone()[0]
            return int(connection.execute("PRAGMA user_version").fetchone()[0]) if ours else None
    except sqlite3.Error:
        return None


def check_writable(path: Path, *, wait_s: float) -> None:
    """Blocks, at most `wait_s` seconds for a lock. Raises: OutOfReach (locked, no room), BadInput."""
    _check_room(path)
    address = f"{path.absolute().as_uri()}?mode=rw"
    try:
        with closing(sqlite3.connect(address, uri=True, timeout=wait_s, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("PRAGMA user_version = -1")  # writes a page of the file
            connection.execute("ROLLBACK")
    except sqlite3.Error as error:
        raise _explained(path, error) from error


def _check_room(path: Path) -> None:
    try:
        with tempfile.NamedTemporaryFile(dir=path.absolute().parent, prefix=".baton-room-") as file:
            file.write(bytes(_ROOM))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise OutOfReach(SETTING, f"the disk of {path} is full", "make room there") from error
        right = "let this user write the file, and its folder as well"
        raise BadInput(SETTING, f"{path} is not writable", right) from error


def _explained(path: Path, error: sqlite3.Error) -> BadInput:
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            right = "end the program that has it open, or wait; calls go on, and are written later"
            return OutOfReach(SETTING, f"{path} is locked by another program", right)
        case sqlite3.SQLITE_FULL:
            return OutOfReach(SETTING, f"the disk of {path} is full", "make room there")
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return BadInput(SETTING, f"{path} is damaged", "bring a copy back, or move it away")
    right = "let this user write the file, and its folder as well"
    return BadInput(SETTING, f"{path} is not writable", right)
