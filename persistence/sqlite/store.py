"""The whole store on SQLite: the aggregates over two connections."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from clock import SystemClock
from persistence.contract.engine import NowMs
from persistence.contract.store import Store
from persistence.sqlite.calls import SqliteCalls
from persistence.sqlite.engine import file_connection
from persistence.sqlite.feed import SqliteFeed
from persistence.sqlite.handoffs import SqliteHandoffs
from persistence.sqlite.metrics import SqliteMetrics
from persistence.sqlite.operators import SqliteOperators
from persistence.sqlite.requests import SqliteRequests
from persistence.sqlite.workers import SqliteWorkers


class SqliteStore(
    SqliteCalls,
    SqliteHandoffs,
    SqliteRequests,
    SqliteOperators,
    SqliteWorkers,
    SqliteFeed,
    SqliteMetrics,
):
    """One connection writes, the other reads: a write that waits for its turn does not hold up a read."""


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
