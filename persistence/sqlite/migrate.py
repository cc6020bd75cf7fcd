"""Creates the database, or applies missing migrations: each once, even if many processes start at once.

`user_version` is the number of the last migration applied. All run in one transaction, under a lock on the
file. `application_id` tells our files from another program's.
"""

from __future__ import annotations

import errno
import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from errors import BadInput, OutOfReach
from private_files import close_to_others

MIGRATIONS = tuple(sorted((Path(__file__).parent / "migrations").glob("[0-9][0-9][0-9]_*.sql")))
VERSION = len(MIGRATIONS)
"""The version of a database that this program reads and writes."""

APPLICATION_ID = 0x42746E32  # "Btn2": changed with the tables, for as long as nothing is released
LOCK_WAIT_S = 10.0
_LOOK_AGAIN_S = 0.02
_SETTING = "BATON_STORE"
_PASSING = {errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.ENOTCONN, errno.EHOSTDOWN, errno.EHOSTUNREACH}
"""Errors that a broken or remote disk returns until it is back."""


def migrate(path: Path) -> None:
    """Create the database, or bring it to VERSION. The parent calls it before any job opens the store.

    Raises: BadInput, naming BATON_STORE and what would be right; OutOfReach, if a later try may succeed: the
    file is locked, its disk is full, read-only or not mounted.
    """
    try:
        _check_place(path)
        with (
            _one_at_a_time(path),
            closing(sqlite3.connect(path, timeout=LOCK_WAIT_S, isolation_level=None)) as connection,
        ):
            _check_whole(connection, path)
            _bring_up(connection, path)
            connection.execute("PRAGMA journal_mode = WAL")
        for file in files_of(path):
            close_to_others(file)  # of an earlier version of Baton
    except sqlite3.Error as error:
        raise _explained(path, error) from error
    except OSError as error:
        raise _explained_by_system(path, error) from error


@contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    """Exclude other starts of Baton: SQLite does not wait for a lock when it changes to WAL."""
    end = time.monotonic() + LOCK_WAIT_S
    with open(path, "ab", opener=_for_us_alone) as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    right = "wait until the other start has finished, or name another file"
                    raise OutOfReach(_SETTING, f"{path} is locked by another start of Baton", right) from None
                time.sleep(_LOOK_AGAIN_S)
        yield


def files_of(path: Path) -> list[Path]:
    """The database and what SQLite keeps beside it, whether they are there or not."""
    return [path, *(path.with_name(path.name + ending) for ending in ("-wal", "-shm"))]


def _for_us_alone(path: str, flags: int) -> int:
    """A new database is this user's alone: it keeps what people say. Its -wal and -shm get the same mode."""
    return os.open(path, flags, 0o600)


def statements(script: str) -> list[str]:
    """Split a script into statements, keeping triggers whole. executescript would commit first."""
    found, begun = [], ""
    for line in script.splitlines(keepends=True):
        begun += line
        if sqlite3.complete_statement(begun):
            found.append(begun)
            begun = ""
    return [*found, begun]  # the rest is blank, or an unfinished statement that SQLite will report


def _check_place(path: Path) -> None:
    folder = path.absolute().parent
    if path.is_dir():
        raise BadInput(_SETTING, f"{path} is a folder", f"name a file in it, such as {path / 'baton.db'}")
    if not folder.is_dir():
        wrong = f"the folder {folder} does not exist"  # its disk may be mounted later
        raise OutOfReach(_SETTING, wrong, "make it, or name a file in one that does")
    if not os.access(folder, os.W_OK) or (path.exists() and not os.access(path, os.R_OK | os.W_OK)):
        raise _not_writable(path)


def _check_whole(connection: sqlite3.Connection, path: Path) -> None:
    """Find damaged pages now, not in the first call that reads them. Takes about a second a gigabyte."""
    found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise _damaged(path)


def _damaged(path: Path) -> BadInput:
    right = f"bring a copy back, or move it away (sqlite3 {path.name} .recover gets out what can be read)"
    return BadInput(_SETTING, f"{path} is damaged", right)


def _bring_up(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("BEGIN EXCLUSIVE")  # before reading the version: another process may be migrating
    version = _version(connection, path)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    for number, migration in enumerate(MIGRATIONS, start=1):
        if number > version:
            for statement in statements(migration.read_text(encoding="utf-8")):
                connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("COMMIT")


def _version(connection: sqlite3.Connection, path: Path) -> int:
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    owner = connection.execute("PRAGMA application_id").fetchone()[0]
    used = connection.execute("SELECT EXISTS (SELECT 1 FROM sqlite_schema)").fetchone()[0]
    if used and owner != APPLICATION_ID:
        raise BadInput(_SETTING, f"{path} belongs to another program", "name a new file")
    if version > VERSION:
        raise BadInput(
            _SETTING,
            f"{path} was written by a newer Baton (version {version}, this program knows {VERSION})",
            "use the newer program or another file",
        )
    return version


def _explained_by_system(path: Path, error: OSError) -> BadInput:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return _full(path)
    if error.errno in _PASSING:
        wrong = f"the disk of {path} does not answer ({error.strerror})"
        return OutOfReach(_SETTING, wrong, "look at the disk, or name a file on another")
    return _not_writable(path)


def _full(path: Path) -> OutOfReach:
    return OutOfReach(_SETTING, f"{path} has no room: its disk is full", "make room there")


def _not_writable(path: Path) -> BadInput:
    if _is_on_read_only_disk(path):
        wrong = f"the disk of {path} is read-only"
        return OutOfReach(_SETTING, wrong, "mount it for writing, or name a file on another")
    right = "name a file that this user may write, its folder as well"
    return BadInput(_SETTING, f"{path} is not writable", right)


def _is_on_read_only_disk(path: Path) -> bool:
    try:
        return bool(os.statvfs(path.absolute().parent).f_flag & os.ST_RDONLY)
    except OSError:
        return False


def _explained(path: Path, error: sqlite3.Error) -> BadInput:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_NOTADB:
        right = "name a new file, or a database of Baton's"
        return BadInput(_SETTING, f"{path} is not an SQLite database", right)
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        right = "close that program, or name another file"
        return OutOfReach(_SETTING, f"{path} is locked by another program", right)
    if code in {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM}:
        return _not_writable(path)
    if code == sqlite3.SQLITE_CORRUPT:
        return _damaged(path)
    if code == sqlite3.SQLITE_FULL:
        return _full(path)
    if code == sqlite3.SQLITE_IOERR:
        wrong = f"the disk of {path} does not answer ({error})"
        return OutOfReach(_SETTING, wrong, "look at the disk, or name a file on another")
    return BadInput(_SETTING, f"{path} cannot be used: {error}", "name a file on a disk that can be written")
