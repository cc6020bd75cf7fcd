"""The store on Postgres, for many machines. psycopg 3 comes with the extra `postgres`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from persistence.contract.engine import NowMs
from persistence.contract.store import Store
from persistence.postgres import address, migrate
from persistence.postgres.store import open_store

_REMAINS = (
    "earlier versions of the rows stay on the server's disk until it has vacuumed and written over them, "
    "and in its log (WAL), its replicas and its backups for as long as those are kept"
)

__all__ = ["PostgresEngine", "open_store"]


class PostgresEngine:
    """`persistence.contract.engine.Engine`. A place is the whole address."""

    def open_store(
        self, place: str, *, read_only: bool, patient: bool, now_ms: NowMs | None
    ) -> AbstractAsyncContextManager[Store]:
        address.where(place)  # reports what cannot be read now, not at the first statement
        return open_store(place, read_only=read_only, patient=patient, now_ms=now_ms)

    def migrate(self, place: str) -> None:
        migrate.migrate(place)

    def where(self, place: str) -> str:
        return address.where(place)

    def inspect(self, place: str) -> str:
        return migrate.inspect(place)

    def check_writable(self, place: str, *, wait_s: float) -> None:
        migrate.check_writable(place, wait_s=wait_s)

    def erase_traces(self, place: str, traces: Sequence[str]) -> str:
        """The files are the server's: nothing can be done to them from here."""
        return _REMAINS

    def files_of(self, place: str) -> Sequence[Path]:
        return ()
