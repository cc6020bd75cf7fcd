"""The file behind a store's address, for tests that make one, lock it, damage it or read it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from persistence.sqlite.migrate import migrate


def file_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def url_of(path: Path) -> str:
    return f"sqlite:///{path}"


def make_database(path: Path) -> None:
    """Make a database with Baton's tables, unless there is one.

    It is a copy: migrating each test's own would take 35 ms of processor time.
    """
    if path.exists():
        return
    path.touch(mode=0o600)
    path.write_bytes(_migrated())


@cache
def _migrated() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "baton.db"
        migrate(path)
        return path.read_bytes()
