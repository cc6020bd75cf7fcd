"""Every store runs the whole suite: a second database joins by one more line in STORES."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import nullcontext
from functools import partial
from pathlib import Path

import pytest

from persistence.contract.store import Store
from persistence.engines import migrate, open_store
from tests.contract.building import START, OpenStore
from tests.support.memory_store import MemoryDatabase, MemoryStore


class StoreClock:
    """The store's clock. It stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = START

    def now_ms(self) -> int:
        return self.now


def sqlite(folder: Path, clock: StoreClock) -> OpenStore:
    url = f"sqlite:///{folder / 'baton.db'}"
    migrate(url)
    return partial(open_store, url, now_ms=clock.now_ms)


def memory(_: Path, clock: StoreClock) -> OpenStore:
    database = MemoryDatabase(clock.now_ms)
    return lambda: nullcontext(MemoryStore(database=database))


STORES: dict[str, Callable[[Path, StoreClock], OpenStore]] = {"sqlite": sqlite, "memory": memory}


@pytest.fixture
def clock() -> StoreClock:
    return StoreClock()


@pytest.fixture(params=STORES)
def open_one(request: pytest.FixtureRequest, tmp_path: Path, clock: StoreClock) -> OpenStore:
    """Opens this test's database."""
    return STORES[request.param](tmp_path, clock)


@pytest.fixture
async def store(open_one: OpenStore) -> AsyncIterator[Store]:
    async with open_one() as opened:
        yield opened


@pytest.fixture
async def other(open_one: OpenStore) -> AsyncIterator[Store]:
    """The same database, opened a second time."""
    async with open_one() as opened:
        yield opened
