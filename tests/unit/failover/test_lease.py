"""Which workers count as dead by their leases, under virtual time."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from persistence.records import WorkerId
from tests.support.memory_store import MemoryStore
from tests.support.recovery_world import FIRST, SECOND, SETTINGS, RecoveryWorld, begun

pytestmark = pytest.mark.looptime


class LateStore(MemoryStore):
    """Takes `by_s` for each renewal of the first worker's lease."""

    by_s = 0.0

    async def keep_lease(self, worker: WorkerId, host: str, **values: Any) -> None:
        if worker == FIRST:
            await asyncio.sleep(self.by_s)
        await super().keep_lease(worker, host, **values)


@pytest.mark.fault("C8")
async def test_a_locked_store_makes_no_worker_dead() -> None:
    """Every lease expires meanwhile; a worker that could not renew its own ignores the others'."""
    async with begun() as (world, _worker):
        other = world.worker(SECOND).start()
        await asyncio.sleep(2)
        world.database.down = True
        await asyncio.sleep(15)
        world.database.down = False
        await asyncio.sleep(10)
        assert world.server.redispatched == []
        assert world.call.worker == FIRST
        await other.killed()


@pytest.mark.fault("A6b")
async def test_a_worker_whose_renewal_is_late_keeps_its_calls() -> None:
    """A call that has an agent must not be recovered because its worker is slow for 1.6 s."""
    world = RecoveryWorld()
    world.store = late = LateStore(database=world.database)
    worker, other = world.worker().start(), world.worker(SECOND).start()
    await asyncio.sleep(1)
    late.by_s = SETTINGS.lease_s * 0.64
    await asyncio.sleep(3 * SETTINGS.lease_s)
    assert (world.losses, world.call.worker, world.server.removed) == (0, FIRST, [])
    await other.killed()
    await worker.killed()


async def test_a_worker_that_releases_its_lease_leaves_its_calls_to_the_others_at_once() -> None:
    async with begun() as (world, worker):
        other = world.worker(SECOND).start()
        await asyncio.sleep(2)
        await worker.killed()
        await worker.lease.release()
        await asyncio.sleep(0.6)
        assert world.call.holder_job == "job-1"
        await other.killed()
