"""Whether the store can be used. Looks and changes nothing: the worker makes databases and updates them."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from persistence.sqlite.health import check_takes_writes
from persistence.sqlite.migrate import VERSION, migrate

_LOCK_WAIT_S = 2.0


def look_at_store(path: Path) -> str:
    """Blocks, a few seconds at most. Raises: BadInput, OutOfReach."""
    folder = path.absolute().parent
    if not path.exists() and folder.is_dir() and os.access(folder, os.W_OK):
        return f"{path} is not there yet; the worker makes it"
    version = _version_of_ours(path)
    if version is not None and version < VERSION:
        return f"{path} has version {version}; the worker brings it to {VERSION}"
    if version is not None:
        check_takes_writes(path, wait_s=_LOCK_WAIT_S)
    migrate(path)  # has nothing left to do but to refuse, with its reason
    return f"{path} is writable, version {VERSION}"


def _version_of_ours(path: Path) -> int | None:
    """None: no database of Baton's, or none at all."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            ours = connection.execute("PRAGMA application_id").fetchone()[0]
            return int(connection.execute("PRAGMA user_version").fetchone()[0]) if ours else None
    except sqlite3.Error:
        return None
