"""Calls whose room was on a node that died, or that Redis has forgotten: lists are not trusted."""

from __future__ import annotations

import asyncio

import pytest

from persistence.records import CallEnd
from tests.support.recovery_world import CALLER, DEPARTURE_S, HOLDER, begun

pytestmark = pytest.mark.looptime


@pytest.mark.fault("N1")
async def test_a_room_whose_node_is_dead_gets_an_agent_once_somebody_has_reconnected() -> None:
    async with begun() as (world, worker):
        world.server.node_dead = True
        world.dies(worker)
        await asyncio.sleep(12)
        assert world.server.redispatched == [], "it would be alone in a room of its own"
        world.server.node_dead, world.server.people = False, {CALLER}
        await asyncio.sleep(2)
        assert [task.lost for _, task, _ in world.server.redispatched] == [HOLDER]


@pytest.mark.fault("N1")
async def test_a_caller_who_does_not_reconnect_to_a_living_node_has_left() -> None:
    async with begun() as (world, worker):
        world.server.node_dead = True
        world.dies(worker)
        await asyncio.sleep(DEPARTURE_S - 1)
        assert world.call.ended_at is None
        await asyncio.sleep(10)
        assert world.call.ended_how is CallEnd.CALLER_LEFT
        assert world.server.redispatched == []


@pytest.mark.fault("N1")
async def test_a_dead_node_beside_a_server_that_does_not_answer_ends_no_call() -> None:
    async with begun() as (world, worker):
        world.server.node_dead = True
        world.dies(worker)
        await asyncio.sleep(8)
        world.server.down = True
        await asyncio.sleep(3 * DEPARTURE_S)
        assert world.call.ended_at is None


@pytest.mark.fault("N3")
@pytest.mark.parametrize("listed", [set(), None])
async def test_a_caller_whom_no_list_has_is_asked_for_before_the_call_is_given_up(
    listed: set[str] | None,
) -> None:
    async with begun() as (world, worker):
        world.server.people, world.server.unlisted = listed, {CALLER}
        world.dies(worker)
        await asyncio.sleep(2)
        assert [task.lost for _, task, _ in world.server.redispatched] == [HOLDER]
