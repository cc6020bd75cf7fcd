"""Opens, migrates and checks the store that BATON_STORE names. The scheme of its address picks the engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from pathlib import Path

from errors import BadInput
from persistence.contract.engine import Engine, NowMs
from persistence.contract.store import Store
from persistence.sqlite import SqliteEngine

SETTING = "BATON_STORE"
_EXAMPLE = "sqlite:///baton.db"
_POSTGRES = {"postgresql", "postgres"}


def open_store(
    url: str, *, read_only: bool = False, patient: bool = False, now_ms: NowMs | None = None
) -> AbstractAsyncContextManager[Store]:
    """The store at `url`, which `migrate` has made. Open it in the process that uses it, after any fork.

    Leaving the block waits for writes that are under way.
    `read_only`: every write raises StoreError. Nothing is created or changed.
    `patient`: yield a store even if the database cannot be opened now. Each method then tries to open it, and
    raises StoreUnusable until that succeeds.
    `now_ms`: the store's clock, for leases. None is the engine's own; tests bring theirs.
    Raises: BadInput, StoreUnusable.
    """
    engine, place = _engine_at(url)
    return engine.open_store(place, read_only=read_only, patient=patient, now_ms=now_ms)


def preload(url: str) -> None:
    """Import what the store at `url` needs: at its opening, that would stall a call."""
    if url.partition("://")[0] in _POSTGRES:
        with suppress(BadInput):  # opening it reports that
            _postgres()


def where(url: str) -> str:
    """Where the store is, for people: without a password. Raises: BadInput."""
    engine, place = _engine_at(url)
    return engine.where(place)


def migrate(url: str) -> None:
    """Create the database, or bring it to this program's version. Blocks. Raises: BadInput, OutOfReach."""
    engine, place = _engine_at(url)
    engine.migrate(place)


def inspect(url: str) -> str:
    """Say in one line how the store is, without changing it. Blocks, seconds for a database of gigabytes.

    Raises: BadInput, OutOfReach.
    """
    engine, place = _engine_at(url)
    return engine.inspect(place)


def check_writable(url: str, *, wait_s: float) -> None:
    """Check that the store takes writes now; nothing is left behind. Blocks, `wait_s` seconds at most.

    Raises: OutOfReach (locked, no space), BadInput.
    """
    engine, place = _engine_at(url)
    engine.check_writable(place, wait_s=wait_s)


def erase_traces(url: str, traces: Sequence[str]) -> str:
    """After rows were emptied: make sure that no byte of the database's files has these texts. Blocks.

    Returns what remains, for people; empty: nothing. Raises: BadInput, OutOfReach (the files are in use).
    """
    engine, place = _engine_at(url)
    return engine.erase_traces(place, traces)


def files_of(url: str) -> Sequence[Path]:
    """The files on this machine that hold the store, whether they are there or not. Raises: BadInput."""
    engine, place = _engine_at(url)
    return engine.files_of(place)


def copy(source: str, target: str, told: Callable[[str, int, int], None]) -> int:
    """Copy a store from SQLite to Postgres, compare every row, and return how many there are. Blocks.

    `told` hears of each table how many of its rows are there, and how many there will be. A copy that was
    interrupted goes on where it was. Raises: BadInput, OutOfReach, StoreError.
    """
    for url in (source, target):
        _engine_at(url)
    if source.partition("://")[0] != "sqlite" or target.partition("://")[0] not in _POSTGRES:
        right = "name the SQLite store first, then the Postgres one"
        raise BadInput("baton store copy", "a store is copied from SQLite to Postgres alone", right)
    from persistence.copying import copy_store  # as below

    return copy_store(Path(source.removeprefix("sqlite:///")), target, told)


def _engine_at(url: str) -> tuple[Engine, str]:
    scheme, found, place = url.partition("://")
    if found and scheme in _POSTGRES:
        return _postgres(), url
    if not found:
        name = url.removeprefix("sqlite:").strip() or "baton.db"
        right = (
            f"write sqlite:///{name}" if "@" not in url else "write postgresql://USER:PASSWORD@HOST/DATABASE"
        )
        raise BadInput(SETTING, f"{_shown(url)} is not a store's address", right)
    if scheme != "sqlite":
        right = f"write {_EXAMPLE}, or postgresql://USER:PASSWORD@HOST/DATABASE"
        raise BadInput(SETTING, f"Baton has no store for {scheme[:20]!r}", right)
    if not place.startswith("/") or not place[1:]:
        right = f"write sqlite:///{place.lstrip('/') or 'baton.db'}"
        raise BadInput(SETTING, f"{url[:80]!r} names no file", right)
    return SqliteEngine(), place[1:]


def _shown(url: str) -> str:
    """What was written, unless it may hold a password."""
    return "this" if "@" in url else repr(url[:80])


def _postgres() -> Engine:
    """Imported only where it is used: SQLite's users need not install psycopg."""
    try:
        from persistence.postgres import PostgresEngine
    except ImportError as error:
        right = "install it: pip install 'baton[postgres]'"
        raise BadInput(SETTING, f"a store on Postgres needs psycopg ({error})", right) from error
    return PostgresEngine()
