"""Opens, migrates and checks the store that BATON_STORE names. The scheme of its address picks the engine."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager

from errors import BadInput
from persistence.contract.engine import Engine, NowMs
from persistence.contract.store import Store
from persistence.sqlite import SqliteEngine

SETTING = "BATON_STORE"
_ENGINES: Mapping[str, Engine] = {"sqlite": SqliteEngine()}
_EXAMPLE = "sqlite:///baton.db"


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


def _engine_at(url: str) -> tuple[Engine, str]:
    scheme, found, place = url.partition("://")
    if not found:
        name = url.removeprefix("sqlite:").strip() or "baton.db"
        raise BadInput(SETTING, f"{url[:80]!r} is not a store's address", f"write sqlite:///{name}")
    if scheme not in _ENGINES:
        # Only the scheme: the rest may hold a password.
        raise BadInput(SETTING, f"Baton has no store for {scheme[:20]!r}", f"write {_EXAMPLE}")
    if not place.startswith("/") or not place[1:]:
        right = f"write sqlite:///{place.lstrip('/') or 'baton.db'}"
        raise BadInput(SETTING, f"{url[:80]!r} names no file", right)
    return _ENGINES[scheme], place[1:]
