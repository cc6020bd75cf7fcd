"""A holder that hands over stays until the store says so; otherwise a worker would count the call as lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agents.call.release import until_written
from persistence.contract.store import Store
from persistence.records import HandoffState
from persistence.sqlite import open_store
from tests.contract.building import FIRST, HOLDER, START, TARGET, a_call, brought_to
from tests.support.database import make_database

pytestmark = pytest.mark.fault("C8")

LONG_S = 60.0


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    make_database(tmp_path / "baton.db")
    async with open_store(tmp_path / "baton.db") as opened:
        yield opened


async def test_stays_until_the_store_names_who_took_over(store: Store) -> None:
    row = await brought_to(store, HandoffState.ACCEPTED)
    looks, looked_again = 0, asyncio.Event()

    def taken() -> bool:
        nonlocal looks
        looks += 1
        if looks > 1:  # the first poll found us still named
            looked_again.set()
        return True

    waiting = asyncio.create_task(until_written(store, a_call(), HOLDER, taken=taken, limit_s=LONG_S))
    async with asyncio.timeout(LONG_S / 2):
        await looked_again.wait()
        await store.complete(row.id, FIRST, TARGET, at=START)
        await waiting


async def test_goes_where_nobody_is_left_who_would_write_it(store: Store) -> None:
    await brought_to(store, HandoffState.ACCEPTED)
    async with asyncio.timeout(LONG_S / 2):
        await until_written(store, a_call(), HOLDER, taken=lambda: False, limit_s=LONG_S)


async def test_stays_for_no_longer_than_its_limit(store: Store) -> None:
    await brought_to(store, HandoffState.ACCEPTED)
    async with asyncio.timeout(LONG_S / 2):
        await until_written(store, a_call(), HOLDER, taken=lambda: True, limit_s=0.01)
