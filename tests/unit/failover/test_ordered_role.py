"""A call whose agent is lost or idle while an operator has ordered another role. Under virtual time."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from failover.recovery import order_heard
from persistence.records import DEPLOY, MODEL, HandoffId
from tests.contract.building import a_handoff, an_attempt
from tests.support.recovery_world import FRONT_DESK, HOLDER, NIGHT_DESK, SETTINGS, RecoveryWorld, begun

pytestmark = pytest.mark.looptime


async def ordered(world: RecoveryWorld, *, by: str = "Ann") -> None:
    call = world.call
    handoff = replace(
        a_handoff(), call_id=call.id, from_job=call.holder_job, target=NIGHT_DESK, requested_by=by
    )
    await world.store.request_handoff(handoff, at_most=5)


async def test_a_holder_that_has_heard_of_an_operators_handoff_may_finish_what_it_says() -> None:
    async with begun() as (world, worker):
        await ordered(world)
        await asyncio.sleep(0.25)
        worker.recovery.on_told(order_heard(HandoffId("handoff-1")))
        await asyncio.sleep(40)
        assert world.server.redispatched == []
        await asyncio.sleep(6)
        _, task, _ = world.server.redispatched[0]
        assert (task.role, world.server.removed[0][1]) == (NIGHT_DESK, HOLDER)


@pytest.mark.parametrize(("by", "tasks"), [("Ann", [(NIGHT_DESK, "handoff-1")]), (MODEL, []), (DEPLOY, [])])
async def test_a_holder_that_does_not_begin_an_operators_handoff_is_replaced_by_its_target(
    by: str, tasks: list[tuple[str, str]]
) -> None:
    async with begun() as (world, _):
        await ordered(world, by=by)
        await asyncio.sleep(2.9)
        assert world.server.redispatched == []
        await asyncio.sleep(1)
        told = [(task.role, task.handoff) for _, task, _ in world.server.redispatched]
        assert told == tasks
        assert world.call.holder_role == (NIGHT_DESK if tasks else FRONT_DESK)
        assert [job for _, job in world.server.removed] == ([HOLDER] if tasks else [])


async def test_a_call_that_is_lost_goes_to_the_role_that_an_operator_ordered_however_often_it_was_lost() -> (
    None
):
    async with begun() as (world, worker):
        for _ in range(SETTINGS.recoveries_per_minute):
            world.dies(worker)
            await asyncio.sleep(0.1)
        world.coming = False
        world.dies(worker)
        await asyncio.sleep(0.1)
        assert world.server.redispatched[-1][1].farewell
        await ordered(world)
        world.coming = True
        await asyncio.sleep(SETTINGS.recover_limit_s + 0.6)
        task = world.server.redispatched[-1][1]
        assert (task.role, task.handoff, task.farewell) == (NIGHT_DESK, "handoff-1", False)


async def test_a_handoff_that_its_holder_began_in_time_is_left_to_it() -> None:
    async with begun() as (world, _):
        await ordered(world)
        await asyncio.sleep(1)
        attempt = replace(an_attempt(), target=NIGHT_DESK)
        await world.store.begin_attempt(attempt, previous=None, actor=HOLDER)
        await asyncio.sleep(10)
        assert world.server.redispatched == []
