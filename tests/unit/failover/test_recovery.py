"""Calls that outlive their agents: how a worker recovers them, under virtual time."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from failover.heartbeat import ProcessExit
from persistence.records import CallBack, CallEnd, JobId, WorkerId
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
    begun,
)
from transfer.protocol import AnswerCall

pytestmark = pytest.mark.looptime


def now() -> float:
    return asyncio.get_running_loop().time()


@pytest.mark.fault("A6")
async def test_a_dead_holder_is_removed_and_its_role_redispatched_within_30_ms() -> None:
    async with begun() as (world, worker):
        died_at = now()
        world.dies(worker)
        await asyncio.sleep(0.03)
        ((removed_at, removed),) = world.server.removed  # once: a second removal may get no answer
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
async def test_one_loss_brings_one_dispatch() -> None:
    async with begun() as (world, worker):
        world.dies(worker)
        worker.recovery.on_exit(ProcessExit(HOLDER, ROOM, cleanly=False))
        await asyncio.sleep(10)
        assert len(world.server.redispatched) == 1
        assert world.losses == 1


@pytest.mark.fault("C2")
async def test_a_job_that_ends_with_its_call_triggers_no_recovery() -> None:
    async with begun() as (world, worker):
        await world.store.mark_lost(world.call.id, job=HOLDER, of=FIRST, by=FIRST, at=0)
        await world.store.close_lost(world.call.id, CallEnd.GOODBYE, by=FIRST, at=0)
        world.living.discard(HOLDER)
        worker.recovery.on_exit(ProcessExit(HOLDER, ROOM, cleanly=True))
        await asyncio.sleep(5)
        assert world.server.redispatched == []
        assert world.server.removed == []


@pytest.mark.fault("C2")
async def test_a_clean_exit_from_an_open_call_is_a_loss() -> None:
    """LiveKit reports a job that raised as a success, so only the store counts."""
    async with begun() as (world, worker):
        worker.recovery.on_exit(ProcessExit(HOLDER, ROOM, cleanly=True))
        await asyncio.sleep(0.1)
        assert len(world.server.redispatched) == 1


@pytest.mark.fault("A2")
async def test_a_dead_target_is_removed_so_that_its_holder_sees_it_leave() -> None:
    async with begun() as (world, worker):
        worker.recovery.on_exit(ProcessExit(JobId("job-of-a-target"), ROOM, cleanly=False))
        await asyncio.sleep(0.03)
        assert [job for _, job in world.server.removed] == ["job-of-a-target"]
        assert world.server.redispatched == []


UNANSWERED = ProcessExit(JobId("job-9"), ROOM, cleanly=False, answering=AnswerCall(role=FRONT_DESK))
WAITING = {CALLER, f"agent-{UNANSWERED.job}"}


@pytest.mark.fault("A6")
async def test_a_caller_whose_agent_dies_before_the_call_has_a_row_is_answered_by_another_agent() -> None:
    async with begun() as (world, worker):
        world.server.people = WAITING
        worker.recovery.on_exit(UNANSWERED)
        await asyncio.sleep(0.03)
        assert [(task, tries) for _, task, tries in world.server.redispatched] == [(UNANSWERED.answering, 0)]


@pytest.mark.fault("A6")
async def test_agents_that_keep_dying_before_they_answer_are_not_redispatched_for_ever() -> None:
    async with begun() as (world, worker):
        world.server.people = WAITING
        for _ in range(3):
            worker.recovery.on_exit(UNANSWERED)
            await asyncio.sleep(0.1)
        assert not world.server.closed
        for _ in range(7):
            worker.recovery.on_exit(UNANSWERED)
            await asyncio.sleep(0.1)
        assert [tries for *_, tries in world.server.redispatched] == [0, 1, 2]
        assert world.server.closed, "the caller is not left alone"
        world.server.people = WAITING
        await asyncio.sleep(60)
        worker.recovery.on_exit(UNANSWERED)
        await asyncio.sleep(0.1)
        assert len(world.server.redispatched) == 4


async def test_a_waiting_caller_is_answered_when_the_server_is_back() -> None:
    async with begun() as (world, worker):
        world.server.people, world.server.down = WAITING, True
        worker.recovery.on_exit(UNANSWERED)
        await asyncio.sleep(5)
        world.server.down = False
        await asyncio.sleep(1.1)
        assert len(world.server.redispatched) == 1


async def test_a_caller_with_whom_another_agent_is_gets_no_second_one() -> None:
    async with begun() as (world, worker):
        worker.recovery.on_exit(UNANSWERED)
        await asyncio.sleep(2)
        assert (world.server.redispatched, world.server.closed) == ([], False)


async def test_finding_10_a_caller_with_an_agents_name_is_a_caller_and_is_answered() -> None:
    async with begun() as (world, worker):
        world.server.people = {"agent-mary", f"agent-{UNANSWERED.job}"}
        worker.recovery.on_exit(UNANSWERED)
        await asyncio.sleep(0.03)
        assert len(world.server.redispatched) == 1


@pytest.mark.parametrize("process", [replace(UNANSWERED, job=HOLDER), replace(UNANSWERED, cleanly=True)])
async def test_a_job_that_answered_or_exits_cleanly_leaves_no_caller_waiting(
    process: ProcessExit,
) -> None:
    async with begun() as (world, worker):
        await world.store.mark_lost(world.call.id, job=HOLDER, of=FIRST, by=FIRST, at=0)
        await world.store.close_lost(world.call.id, CallEnd.GOODBYE, by=FIRST, at=0)
        worker.recovery.on_exit(process)
        await asyncio.sleep(0.1)
        assert world.server.redispatched == []


async def test_no_agent_is_dispatched_into_a_room_that_people_have_left() -> None:
    async with begun() as (world, worker):
        world.server.people = {f"agent-{HOLDER}"}
        worker.recovery.on_exit(UNANSWERED)
        await asyncio.sleep(0.1)
        assert world.server.redispatched == []


async def test_a_death_without_an_event_is_found_by_polling() -> None:
    async with begun() as (world, _worker):
        world.living.discard(HOLDER)
        await asyncio.sleep(0.6)
        assert world.call.holder_job == "job-1"


async def test_a_deleted_room_closes_the_call_and_brings_no_dispatch() -> None:
    async with begun() as (world, worker):
        world.server.people = None
        world.dies(worker)
        await asyncio.sleep(5)
        assert world.call.ended_how is CallEnd.CALLER_LEFT
        assert world.server.redispatched == []


async def test_a_disconnected_caller_gets_the_usual_time_to_come_back() -> None:
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
async def test_a_caller_who_comes_back_gets_an_agent() -> None:
    async with begun() as (world, worker):
        assert world.server.people is not None
        world.server.people.discard(CALLER)
        world.dies(worker)
        await asyncio.sleep(5)
        world.server.people.add(CALLER)
        await asyncio.sleep(0.6)
        assert world.call.holder_job == "job-1"


@pytest.mark.fault("A4")
async def test_if_no_agent_comes_the_role_is_redispatched_locally_and_by_the_server_in_turn() -> None:
    async with begun() as (world, worker):
        world.coming = False
        world.dies(worker)
        await asyncio.sleep(SETTINGS.recover_limit_s + 0.6)
        world.coming = True
        await asyncio.sleep(SETTINGS.recover_limit_s)
        assert [tries for _, _, tries in world.server.redispatched] == [0, 1, 2]
        assert world.call.holder_job == "job-1"
        assert world.losses == 1, "one loss, however many dispatches"


async def test_a_call_that_no_agent_takes_up_is_ended_and_its_trouble_recorded() -> None:
    async with begun() as (world, worker):
        world.coming = False
        world.dies(worker)
        await asyncio.sleep(SETTINGS.recovery_limit_s + 1)
        assert world.call.ended_how is CallEnd.FAILED
        assert world.server.closed
        assert world.troubles == [("recovery", "nobody came")]


@pytest.mark.fault("C8")
async def test_a_store_outage_only_delays_a_recovery() -> None:
    async with begun() as (world, worker):
        world.database.down = True
        world.dies(worker)
        await asyncio.sleep(3)
        assert [job for _, job in world.server.removed] == [HOLDER], "a dead agent is removed in any case"
        assert world.server.redispatched == [], "nothing else happens before it is recorded"
        world.database.down = False
        await asyncio.sleep(0.6)
        assert world.call.holder_job == "job-1"


async def test_a_server_outage_only_delays_a_recovery() -> None:
    async with begun() as (world, worker):
        world.server.down = True
        world.dies(worker)
        await asyncio.sleep(8)
        world.server.down = False
        await asyncio.sleep(0.6)
        assert world.call.holder_job == "job-1"


@pytest.mark.fault("A6")
async def test_after_three_recoveries_within_a_minute_the_caller_is_told_goodbye() -> None:
    async with begun() as (world, worker):
        for _ in range(4):
            world.dies(worker)
            await asyncio.sleep(1)
        assert [task.farewell for _, task, _ in world.server.redispatched] == [False, False, False, True]
        assert world.troubles == [("recovery", "lost too often")]


async def test_a_goodbye_is_tried_twice_and_then_the_room_is_closed() -> None:
    async with begun() as (world, worker):
        for _ in range(6):
            world.dies(worker)
            await asyncio.sleep(1)
        assert [task.farewell for _, task, _ in world.server.redispatched] == [False] * 3 + [True] * 2
        assert world.call.ended_how is CallEnd.FAILED
        assert world.server.closed


async def test_losses_older_than_a_minute_do_not_count() -> None:
    async with begun() as (world, worker):
        for _ in range(6):
            world.dies(worker)
            await asyncio.sleep(21)
        assert not any(task.farewell for _, task, _ in world.server.redispatched)


async def test_a_fallback_role_is_tried_before_the_goodbye() -> None:
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
async def test_another_worker_recovers_a_dead_workers_call_within_the_lease_and_a_second() -> None:
    async with begun() as (world, worker):
        other = world.worker(SECOND).start()
        await asyncio.sleep(2)
        await worker.killed()
        died_at = now()
        await asyncio.sleep(SETTINGS.lease_s + 1)
        ((called_at, _, _),) = world.server.redispatched
        assert 1 < called_at - died_at <= SETTINGS.lease_s + 1
        assert world.server.removed[0][0] < called_at, "it may live, and two agents must not speak at once"
        assert world.call.holder_job == "job-1"
        await other.killed()


@pytest.mark.fault("A6b")
async def test_one_of_three_workers_recovers_a_dead_workers_call() -> None:
    async with begun() as (world, worker):
        others = [world.worker(WorkerId(f"worker-{number}")).start() for number in (2, 3, 4)]
        await asyncio.sleep(2)
        await worker.killed()
        await asyncio.sleep(10)
        assert len(world.server.redispatched) == 1
        assert world.losses == 1
        for other in others:
            await other.killed()


@pytest.mark.fault("A6b")
async def test_a_starting_worker_recovers_orphaned_calls_at_once() -> None:
    world = RecoveryWorld()
    started = world.worker(SECOND).start()
    await asyncio.sleep(0.6)
    assert world.call.holder_job == "job-1"
    await started.killed()


# --- operators' handoffs that the holder does not begin


async def test_a_lost_caller_in_line_is_taken_up_by_a_waiting_room_and_not_by_an_agent() -> None:
    async with begun() as (world, worker):
        world.database.execute("UPDATE calls SET queued_at = started_at")
        world.dies(worker)
        await asyncio.sleep(0.03)
        assert [call.id for call in world.waited_on] == [world.call.id]
        assert world.server.redispatched == []
        assert world.call.is_waiting


async def test_a_lost_caller_in_line_who_hangs_up_has_given_up() -> None:
    async with begun() as (world, worker):
        world.database.execute("UPDATE calls SET queued_at = started_at")
        world.server.people = None
        world.dies(worker)
        await asyncio.sleep(1)
        assert (world.call.ended_how, world.call.call_back) == (CallEnd.GAVE_UP, CallBack.LOST)
