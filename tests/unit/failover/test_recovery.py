"""Calls that outlive their agents: what a worker does, under virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from failover.heartbeat import Gone
from persistence.records import CallEnd, JobId, WorkerId
from settings import RecoverySettings
from tests.support.recovery_world import (
    CALLER,
    DEPARTURE_S,
    FIRST,
    FRONT_DESK,
    HOLDER,
    NIGHT_DESK,
    ROOM,
    SECOND,
    SETTINGS,
    RecoveryWorld,
    WorkerInMemory,
)
from transfer.protocol import AnswerCall

pytestmark = pytest.mark.looptime


@asynccontextmanager
async def begun() -> AsyncIterator[tuple[RecoveryWorld, WorkerInMemory]]:
    """A world, and the call's worker, which has kept its lease for a second."""
    world = RecoveryWorld()
    worker = world.worker().start()
    await asyncio.sleep(1.1)
    yield world, worker
    await worker.killed()


def now() -> float:
    return asyncio.get_running_loop().time()


@pytest.mark.fault("A6")
async def test_a_dead_holder_is_removed_and_its_role_called_in_within_30_ms() -> None:
    async with begun() as (world, worker):
        died_at = now()
        world.dies(worker)
        await asyncio.sleep(0.03)
        ((removed_at, removed),) = world.server.removed  # once: a second one at once is left unanswered
        assert removed == HOLDER
        assert removed_at - died_at <= 0.01
        ((called_at, task, tries),) = world.server.redispatched
        assert called_at - died_at <= 0.03
        assert (task.role, task.lost, task.caller, task.farewell, tries) == (
            FRONT_DESK,
            HOLDER,
            CALLER,
            False,
            0,
        )
        assert (world.call.holder_job, world.call.lost_at) == ("job-1", None)


@pytest.mark.fault("B11")
async def test_nobody_is_called_twice_for_one_loss() -> None:
    async with begun() as (world, worker):
        world.dies(worker)
        worker.recovery.gone(Gone(HOLDER, ROOM, cleanly=False))
        await asyncio.sleep(10)
        assert len(world.server.redispatched) == 1
        assert len(world.store.lost_at) == 1


@pytest.mark.fault("C2")
async def test_a_job_that_ends_with_its_call_triggers_nothing() -> None:
    async with begun() as (world, worker):
        await world.store.mark_lost(world.call.id, job=HOLDER, of=FIRST, by=FIRST, at=0)
        await world.store.close_lost(world.call.id, CallEnd.GOODBYE, by=FIRST, at=0)
        world.living.discard(HOLDER)
        worker.recovery.gone(Gone(HOLDER, ROOM, cleanly=True))
        await asyncio.sleep(5)
        assert world.server.redispatched == []
        assert world.server.removed == []


@pytest.mark.fault("C2")
async def test_a_job_that_leaves_its_call_without_ending_it_is_a_loss_however_politely() -> None:
    """An exception in the job is reported to livekit-server as a success: the store is the truth."""
    async with begun() as (world, worker):
        worker.recovery.gone(Gone(HOLDER, ROOM, cleanly=True))
        await asyncio.sleep(0.1)
        assert len(world.server.redispatched) == 1


@pytest.mark.fault("A2")
async def test_a_dead_target_is_removed_so_that_its_holder_sees_it_go() -> None:
    async with begun() as (world, worker):
        worker.recovery.gone(Gone(JobId("job-of-a-target"), ROOM, cleanly=False))
        await asyncio.sleep(0.03)
        assert [job for _, job in world.server.removed] == ["job-of-a-target"]
        assert world.server.redispatched == []


UNANSWERED = Gone(JobId("job-9"), ROOM, cleanly=False, answering=AnswerCall(role=FRONT_DESK))


@pytest.mark.fault("A6")
async def test_a_caller_whose_agent_dies_before_the_call_has_a_row_is_answered_by_another() -> None:
    async with begun() as (world, worker):
        worker.recovery.gone(UNANSWERED)
        await asyncio.sleep(0.03)
        assert [(task, tries) for _, task, tries in world.server.redispatched] == [(UNANSWERED.answering, 0)]


@pytest.mark.fault("A6")
async def test_an_agent_that_dies_each_time_before_it_answers_is_not_called_for_ever() -> None:
    async with begun() as (world, worker):
        for _ in range(10):
            worker.recovery.gone(UNANSWERED)
            await asyncio.sleep(0.1)
        assert [tries for *_, tries in world.server.redispatched] == [0, 1, 2]
        await asyncio.sleep(60)
        worker.recovery.gone(UNANSWERED)
        await asyncio.sleep(0.1)
        assert len(world.server.redispatched) == 4


@pytest.mark.parametrize("gone", [replace(UNANSWERED, job=HOLDER), replace(UNANSWERED, cleanly=True)])
async def test_a_job_that_has_answered_or_says_goodbye_leaves_nobody_unanswered(gone: Gone) -> None:
    async with begun() as (world, worker):
        await world.store.mark_lost(world.call.id, job=HOLDER, of=FIRST, by=FIRST, at=0)
        await world.store.close_lost(world.call.id, CallEnd.GOODBYE, by=FIRST, at=0)
        worker.recovery.gone(gone)
        await asyncio.sleep(0.1)
        assert world.server.redispatched == []


async def test_nobody_is_called_into_a_room_that_people_have_left() -> None:
    async with begun() as (world, worker):
        world.server.people = {f"agent-{HOLDER}"}
        worker.recovery.gone(UNANSWERED)
        await asyncio.sleep(0.1)
        assert world.server.redispatched == []


async def test_a_death_that_nobody_told_is_found_by_looking() -> None:
    async with begun() as (world, _worker):
        world.living.discard(HOLDER)
        await asyncio.sleep(0.6)
        assert world.call.holder_job == "job-1"


async def test_a_room_that_is_gone_closes_the_call_once_and_nobody_is_called() -> None:
    async with begun() as (world, worker):
        world.server.people = None
        world.dies(worker)
        await asyncio.sleep(5)
        assert world.call.ended_how is CallEnd.CALLER_LEFT
        assert world.server.redispatched == []


async def test_a_caller_who_is_away_is_waited_for_as_long_as_any() -> None:
    async with begun() as (world, worker):
        assert world.server.people is not None
        world.server.people.discard(CALLER)
        world.dies(worker)
        await asyncio.sleep(DEPARTURE_S - 1)
        assert world.call.ended_at is None
        assert world.server.redispatched == []
        await asyncio.sleep(2)
        assert world.call.ended_how is CallEnd.CALLER_LEFT
        assert world.server.redispatched == []


@pytest.mark.fault("B16")
async def test_a_caller_who_comes_back_is_given_somebody() -> None:
    async with begun() as (world, worker):
        assert world.server.people is not None
        world.server.people.discard(CALLER)
        world.dies(worker)
        await asyncio.sleep(5)
        world.server.people.add(CALLER)
        await asyncio.sleep(0.6)
        assert world.call.holder_job == "job-1"


@pytest.mark.fault("A4")
async def test_when_nobody_comes_the_role_is_called_again_from_near_and_far_in_turn() -> None:
    async with begun() as (world, worker):
        world.coming = False
        world.dies(worker)
        await asyncio.sleep(SETTINGS.recover_limit_s + 0.6)
        world.coming = True
        await asyncio.sleep(SETTINGS.recover_limit_s)
        assert [tries for _, _, tries in world.server.redispatched] == [0, 1, 2]
        assert world.call.holder_job == "job-1"
        assert len(world.store.lost_at) == 1, "one loss, however often somebody is called"


async def test_a_call_that_nobody_takes_up_is_ended_and_says_so() -> None:
    async with begun() as (world, worker):
        world.coming = False
        world.dies(worker)
        await asyncio.sleep(SETTINGS.recovery_limit_s + 1)
        assert world.call.ended_how is CallEnd.FAILED
        assert world.server.closed
        assert [(trouble.part, trouble.error) for trouble in world.store.troubles] == [
            ("recovery", "nobody came")
        ]


@pytest.mark.fault("C8")
async def test_a_store_that_does_not_answer_delays_a_recovery_and_no_more() -> None:
    async with begun() as (world, worker):
        world.store.down = True
        world.dies(worker)
        await asyncio.sleep(3)
        assert [job for _, job in world.server.removed] == [HOLDER], "the dead is seen out in any case"
        assert world.server.redispatched == [], "nothing is done that is not written down"
        world.store.down = False
        await asyncio.sleep(0.6)
        assert world.call.holder_job == "job-1"


async def test_a_server_that_does_not_answer_delays_a_recovery_and_no_more() -> None:
    async with begun() as (world, worker):
        world.server.down = True
        world.dies(worker)
        await asyncio.sleep(8)
        world.server.down = False
        await asyncio.sleep(0.6)
        assert world.call.holder_job == "job-1"


@pytest.mark.fault("A6")
async def test_after_three_recoveries_within_a_minute_the_caller_is_told_and_nobody_goes_on() -> None:
    async with begun() as (world, worker):
        for _ in range(4):
            world.dies(worker)
            await asyncio.sleep(1)
        assert [task.farewell for _, task, _ in world.server.redispatched] == [False, False, False, True]
        assert [(trouble.part, trouble.error) for trouble in world.store.troubles] == [
            ("recovery", "lost too often")
        ]


async def test_whoever_cannot_even_say_goodbye_is_called_twice_for_it_and_no_more() -> None:
    async with begun() as (world, worker):
        for _ in range(6):
            world.dies(worker)
            await asyncio.sleep(1)
        assert [task.farewell for _, task, _ in world.server.redispatched] == [False] * 3 + [True] * 2
        assert world.call.ended_how is CallEnd.FAILED
        assert world.server.closed


async def test_losses_that_are_more_than_a_minute_old_do_not_count() -> None:
    async with begun() as (world, worker):
        for _ in range(6):
            world.dies(worker)
            await asyncio.sleep(21)
        assert not any(task.farewell for _, task, _ in world.server.redispatched)


async def test_a_fallback_role_goes_on_in_place_of_the_end() -> None:
    settings = RecoverySettings.model_construct(fallback_role=NIGHT_DESK)
    world = RecoveryWorld(settings)
    worker = world.worker().start()
    await asyncio.sleep(0.1)
    for _ in range(4):
        world.dies(worker)
        await asyncio.sleep(1)
    assert world.call.holder_role == NIGHT_DESK
    world.dies(worker)
    await asyncio.sleep(1)
    roles = [(task.role, task.farewell) for _, task, _ in world.server.redispatched]
    assert roles == [(FRONT_DESK, False)] * 3 + [(NIGHT_DESK, False), (NIGHT_DESK, True)]
    await worker.killed()


@pytest.mark.fault("A6b")
async def test_a_dead_workers_call_is_another_workers_within_its_lease_and_a_second() -> None:
    async with begun() as (world, worker):
        other = world.worker(SECOND).start()
        await asyncio.sleep(2)
        await worker.killed()
        died_at = now()
        await asyncio.sleep(SETTINGS.lease_s + 1)
        ((called_at, _, _),) = world.server.redispatched
        assert 1 < called_at - died_at <= SETTINGS.lease_s + 1
        assert world.server.removed[0][0] < called_at, "it may live: two must not talk at once"
        assert world.call.holder_job == "job-1"
        await other.killed()


@pytest.mark.fault("A6b")
async def test_of_three_workers_one_takes_a_dead_workers_call() -> None:
    async with begun() as (world, worker):
        others = [world.worker(WorkerId(f"worker-{number}")).start() for number in (2, 3, 4)]
        await asyncio.sleep(2)
        await worker.killed()
        await asyncio.sleep(10)
        assert len(world.server.redispatched) == 1
        assert len(world.store.lost_at) == 1
        for other in others:
            await other.killed()


@pytest.mark.fault("A6b")
async def test_a_worker_that_starts_looks_for_what_is_adrift_at_once() -> None:
    world = RecoveryWorld()
    started = world.worker(SECOND).start()
    await asyncio.sleep(0.6)
    assert world.call.holder_job == "job-1"
    await started.killed()


@pytest.mark.fault("C8")
async def test_a_store_that_was_locked_makes_nobody_dead() -> None:
    """All leases have ended then; whoever could not write its own judges nobody."""
    async with begun() as (world, _worker):
        other = world.worker(SECOND).start()
        await asyncio.sleep(2)
        world.store.down = True
        await asyncio.sleep(15)
        world.store.down = False
        await asyncio.sleep(10)
        assert world.server.redispatched == []
        assert world.call.worker == FIRST
        await other.killed()


async def test_a_worker_that_ends_in_peace_leaves_its_calls_to_the_others_at_once() -> None:
    async with begun() as (world, worker):
        other = world.worker(SECOND).start()
        await asyncio.sleep(2)
        await worker.killed()
        await worker.lease.end()
        await asyncio.sleep(0.6)
        assert world.call.holder_job == "job-1"
        await other.killed()
