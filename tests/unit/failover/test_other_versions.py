"""A worker looks at the others' versions before it takes calls."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from errors import OutOfReach
from failover.lease import Lease
from failover.other_versions import check_other_versions
from persistence.contract.store import Store
from persistence.engines import migrate, open_store
from persistence.records import WorkerId
from tests.support.memory_store import MemoryStore
from transfer.protocol import VERSION

OTHER = WorkerId("worker-other")


@pytest.fixture
async def store() -> Store:
    return MemoryStore()


async def lease(store: Store, *, protocol: int, draining: bool = False, lease_s: float = 60) -> None:
    await store.keep_lease(OTHER, "east", lease_s=lease_s, draining=draining, protocol=protocol)


async def test_workers_of_one_version_take_calls_beside_each_other(store: Store) -> None:
    await lease(store, protocol=VERSION)
    await check_other_versions(store)


@pytest.mark.parametrize("version", [VERSION + 1, VERSION - 1])
@pytest.mark.parametrize("draining", [False, True])
async def test_a_worker_waits_for_the_end_of_one_of_another_version_and_names_it(
    store: Store, version: int, draining: bool
) -> None:
    await lease(store, protocol=version, draining=draining)
    with pytest.raises(OutOfReach) as told:
        await check_other_versions(store)
    line = str(told.value)
    assert "\n" not in line
    for named in ("BATON_STORE", OTHER, "east", f"version {version}", f"version {VERSION}", "drain"):
        assert named in line
    await store.end_lease(OTHER)
    await check_other_versions(store)


async def test_a_worker_tells_its_own_version(store: Store) -> None:
    ours = Lease(store, Still(), OTHER, "east", lease_s=5, draining=lambda: False)
    keeping = asyncio.create_task(ours.keep_renewed())
    await asyncio.sleep(0)  # a store in memory takes the write at once
    await asyncio.sleep(0)
    keeping.cancel()
    (worker,) = await store.living_workers()
    assert worker.protocol == VERSION


class Still:
    def now_ms(self) -> int:
        return 0


async def test_a_worker_that_tells_no_version_is_of_the_first_one(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'baton.db'}"
    migrate(url)
    async with open_store(url) as opened:
        await opened.keep_lease(OTHER, "east", lease_s=60, draining=False)
        with pytest.raises(OutOfReach, match="speaks version 1 "):
            await check_other_versions(opened)
