"""Every store runs the whole suite: a second database joins by one more line in STORES."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

import pytest

from persistence.contract.handoffs import Store
from persistence.sqlite import open_store
from persistence.sqlite.migrate import migrate
from tests.contract.building import OpenStore


def sqlite(folder: Path) -> OpenStore:
    path = folder / "baton.db"
    migrate(path)
    return partial(open_store, path)


STORES: dict[str, Callable[[Path], OpenStore]] = {"sqlite": sqlite}


@pytest.fixture(params=STORES)
def open_one(request: pytest.FixtureRequest, tmp_path: Path) -> OpenStore:
    """Opens this test's database."""
    return STORES[request.param](tmp_path)


@pytest.fixture
async def store(open_one: OpenStore) -> AsyncIterator[Store]:
    async with open_one() as opened:
        yield opened


@pytest.fixture
async def other(open_one: OpenStore) -> AsyncIterator[Store]:
    """The same database, opened a second time."""
    async with open_one() as opened:
        yield opened
