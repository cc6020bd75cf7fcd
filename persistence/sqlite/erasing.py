"""Makes sure that no byte of the database's files still has what was removed from the rows."""

from __future__ import annotations

import mmap
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from errors import OutOfReach

_WAIT_S = 10.0
_PIECE = 32
"""Bytes to search for at each end of a text: a page may end in the middle of the text."""


def erase_traces(path: Path, traces: Sequence[str]) -> str:
    """Empty the log, and rewrite the file if it still has one of the traces. Blocks.

    `secure_delete` overwrites what a statement removes. But a row that moved to another page earlier may have
    left a copy, and so may an earlier version of Baton. While the file is rewritten, readers go on, and
    writes wait. Returns what remains, for people: other calls may have the same words. Raises: OutOfReach.
    """
    try:
        with closing(sqlite3.connect(path, timeout=_WAIT_S, isolation_level=None)) as connection:
            connection.execute("PRAGMA secure_delete = ON")
            _empty_log(connection, path)
            if not _holds(path, traces):
                return ""
            connection.execute("VACUUM")
            _empty_log(connection, path)
    except sqlite3.Error as error:
        raise _in_use(path) from error
    return "words or a name of theirs are also in calls of others" if _holds(path, traces) else ""


def _empty_log(connection: sqlite3.Connection, path: Path) -> None:
    if connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
        raise _in_use(path)


def _in_use(path: Path) -> OutOfReach:
    wrong = f"another program uses {path}, so its log still has what was removed from the rows"
    return OutOfReach("BATON_STORE", wrong, "run the same command again")


def _holds(path: Path, traces: Sequence[str]) -> bool:
    pieces = {piece for trace in traces for piece in (trace.encode()[:_PIECE], trace.encode()[-_PIECE:])}
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return any(content.find(piece) >= 0 for piece in pieces)
