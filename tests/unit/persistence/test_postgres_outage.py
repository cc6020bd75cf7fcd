"""Postgres restarted, frozen or cut off: what was acknowledged stays, and the rest follows once, in order."""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import psutil
import psycopg
import pytest

from errors import StoreError
from local.postgres import postgres
from persistence.contract.feed import Changes
from persistence.contract.store import Store
from persistence.engines import migrate, open_store
from persistence.postgres import connection
from persistence.write_queue import WriteQueue
from tests.contract.building import CALL, START, a_call

LIMIT_S = 600.0


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="baton-postgres-") as folder:
        yield Path(folder)


def said(store: Store, number: int) -> Callable[[], Awaitable[object]]:
    return partial(store.append_turn, CALL, "caller", f"{number}", started_at=START + number, ended_at=START)


async def texts(store: Store) -> list[str]:
    return [turn.text for turn in await store.turns(CALL)]


async def test_writes_of_an_outage_follow_once_and_in_order(folder: Path) -> None:
    queue = WriteQueue()
    with postgres(folder) as url:
        migrate(url)
    async with open_store(url, patient=True) as store:
        with postgres(folder):
            await store.open_call(a_call())
            await queue.write(said(store, 0))
        for number in (1, 2, 3):
            queue.enqueue(said(store, number))
        with pytest.raises(StoreError, match="does not answer"):
            await store.call(CALL)
        assert await queue.write(said(store, 4)) is None
        with postgres(folder):
            assert await queue.settled(LIMIT_S)
            assert await texts(store) == ["0", "1", "2", "3", "4"]


async def test_a_restart_while_nobody_asks_is_not_noticed(folder: Path) -> None:
    with postgres(folder) as url:
        migrate(url)
    async with open_store(url, patient=True) as store:
        with postgres(folder):
            await store.open_call(a_call())
            await store.calls()
        with postgres(folder):
            await said(store, 1)()
            assert await texts(store) == ["1"]


async def test_a_connection_that_was_ended_by_hand_is_opened_again(empty_postgres: str) -> None:
    async with open_store(empty_postgres) as store:
        changes = store.changes(within_s=0.02)
        await changes.changed(0)
        await store.open_call(a_call())
        with psycopg.connect(empty_postgres, autocommit=True) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                "WHERE application_name = 'baton'"
            )
        assert await store.call(CALL) is not None
        await said(store, 1)()
        with pytest.raises(StoreError):
            await all_told(changes)
        assert await changes.changed(0), "a new connection: something may have been committed meanwhile"


async def all_told(changes: Changes) -> None:
    while await changes.changed(0.1):
        pass


async def test_a_server_that_is_frozen_does_not_hold_up_a_call(
    empty_postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_store(empty_postgres) as store:
        await store.open_call(a_call())
        asks: list[Callable[[], Awaitable[object]]] = [partial(store.call, CALL), said(store, 1)]
        for ask in asks:
            await store.call(CALL)
            frozen = frozen_server(empty_postgres)
            try:
                with monkeypatch.context() as hasty:
                    hasty.setattr(connection, "_WAIT_S", 0.3)
                    with pytest.raises(StoreError, match="did not answer within"):
                        await ask()
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.1):
                        await store.call(CALL)
            finally:
                send(frozen, signal.SIGCONT)
            await said(store, 1)()
        assert await texts(store) == ["1"]


def frozen_server(url: str) -> list[int]:
    """Stop every process of the server, first the one that would start others. Return their ids."""
    with psycopg.connect(url, autocommit=True) as admin:
        folder = admin.execute("SHOW data_directory").fetchone()
    assert folder is not None
    postmaster = int((Path(folder[0]) / "postmaster.pid").read_text().splitlines()[0])
    send([postmaster], signal.SIGSTOP)
    others = [child.pid for child in psutil.Process(postmaster).children()]
    send(others, signal.SIGSTOP)
    return [postmaster, *others]


def send(processes: list[int], what: signal.Signals) -> None:
    for process in processes:
        with suppress(ProcessLookupError):  # one that had just ended
            os.kill(process, what)
