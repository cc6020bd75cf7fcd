"""The file behind a store's address: new ones, and for tests that lock it, spoil it or look into it."""

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
    """A new database with Baton's tables, unless one is there.

    It is a copy: to migrate each test's own takes 35 ms of the processor.
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
