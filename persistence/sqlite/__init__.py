"""The store on SQLite, for one machine and many processes. aiosqlite keeps disk waits off the event loop."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from persistence.contract.engine import NowMs
from persistence.contract.store import Store
from persistence.sqlite import erasing, health, migrate
from persistence.sqlite.store import open_store

__all__ = ["SqliteEngine", "open_store"]


class SqliteEngine:
    """`persistence.contract.engine.Engine`. A place is the path of the database's file."""

    def open_store(
        self, place: str, *, read_only: bool, patient: bool, now_ms: NowMs | None
    ) -> AbstractAsyncContextManager[Store]:
        return open_store(Path(place), read_only=read_only, patient=patient, now_ms=now_ms)

    def migrate(self, place: str) -> None:
        migrate.migrate(Path(place))

    def where(self, place: str) -> str:
        return str(Path(place).absolute())

    def inspect(self, place: str) -> str:
        return health.inspect(Path(place).absolute())

    def check_writable(self, place: str, *, wait_s: float) -> None:
        health.check_writable(Path(place), wait_s=wait_s)

    def erase_traces(self, place: str, traces: Sequence[str]) -> str:
        return erasing.erase_traces(Path(place), traces)

    def files_of(self, place: str) -> Sequence[Path]:
        return migrate.files_of(Path(place))
