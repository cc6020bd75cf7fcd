"""The whole store on SQLite: the aggregates over two connections."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from clock import SystemClock
from persistence.contract.engine import NowMs
from persistence.contract.store import Store
from persistence.sql.store import SqlStore
from persistence.sqlite.engine import file_connection
from persistence.sqlite.feed import SqliteFeed


class SqliteStore(SqlStore, SqliteFeed):
    """The aggregates, and how this engine is followed."""


@asynccontextmanager
async def open_store(
    path: Path, *, read_only: bool = False, patient: bool = False, now_ms: NowMs | None = None
) -> AsyncIterator[Store]:
    """As `persistence.engines.open_store`. Raises: StoreUnusable."""
    now_ms = now_ms or SystemClock().now_ms
    async with (
        file_connection(path, query_only=read_only, patient=patient, now_ms=now_ms) as writing,
        file_connection(path, query_only=True, patient=patient, now_ms=now_ms) as reading,
    ):
        yield SqliteStore(writing, reading)
