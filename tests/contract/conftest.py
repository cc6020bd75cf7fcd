"""Every store runs the whole suite: another database needs one more line in STORES."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import nullcontext
from functools import partial
from pathlib import Path

import pytest

from persistence.contract.store import Store
from persistence.engines import open_store
from tests.contract.building import START, OpenStore
from tests.support.database import make_database, url_of
from tests.support.memory_store import MemoryDatabase, MemoryStore


class StoreClock:
    """The store's clock. It stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = START

    def now_ms(self) -> int:
        return self.now


def sqlite(_: pytest.FixtureRequest, folder: Path, clock: StoreClock) -> OpenStore:
    path = folder / "baton.db"
    make_database(path)
    return partial(open_store, url_of(path), now_ms=clock.now_ms)


def memory(_: pytest.FixtureRequest, __: Path, clock: StoreClock) -> OpenStore:
    database = MemoryDatabase(clock.now_ms)
    return lambda: nullcontext(MemoryStore(database=database))


def postgres(request: pytest.FixtureRequest, _: Path, clock: StoreClock) -> OpenStore:
    url = request.getfixturevalue("emptied")()
    return partial(open_store, url, now_ms=clock.now_ms)


STORES: dict[str, Callable[[pytest.FixtureRequest, Path, StoreClock], OpenStore]] = {
    "sqlite": sqlite,
    "memory": memory,
    "postgres": postgres,
}


@pytest.fixture
def clock() -> StoreClock:
    return StoreClock()


@pytest.fixture(params=STORES)
def open_one(request: pytest.FixtureRequest, tmp_path: Path, clock: StoreClock) -> OpenStore:
    """Return a function that opens this test's database."""
    return STORES[request.param](request, tmp_path, clock)


@pytest.fixture
async def store(open_one: OpenStore) -> AsyncIterator[Store]:
    async with open_one() as opened:
        yield opened


@pytest.fixture
async def other(open_one: OpenStore) -> AsyncIterator[Store]:
    """Open the same database a second time."""
    async with open_one() as opened:
        yield opened
