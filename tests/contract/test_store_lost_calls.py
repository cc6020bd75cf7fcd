"""What every store does with workers' leases, and with calls whose process has died."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from errors import StaleHandoff
from persistence.contract.handoffs import Outcome
from persistence.contract.store import Store
from persistence.records import Call, CallEnd, HandoffState, JobId, Worker, WorkerId
from tests.contract.building import (
    CALL,
    FIRST,
    FRONT_DESK,
    HANDOFF,
    HOLDER,
    SECOND,
    START,
    TARGET,
    WORKER,
    a_call,
    a_handoff,
    an_attempt,
    brought_to,
)
from tests.contract.conftest import StoreClock

NEXT, LATE = JobId("job-next"), JobId("job-late")
OTHER = WorkerId("worker-2")
LEASE_MS = 2_500
OPEN = [HandoffState.REQUESTED, HandoffState.DISPATCHING, HandoffState.BRIEFING, HandoffState.ACCEPTED]


async def leased(store: Store, *, draining: bool = False) -> None:
    await store.keep_lease(WORKER, "host-1", lease_s=LEASE_MS / 1000, draining=draining)


async def lost(store: Store) -> Call:
    await store.open_call(a_call())
    return await store.mark_lost(CALL, job=HOLDER, of=WORKER, by=WORKER, at=START + 1)


async def recovered(store: Store, job: JobId = HOLDER, by: JobId = NEXT) -> Call:
    return await store.recover_call(CALL, job=job, by=by, role=FRONT_DESK, worker=OTHER, at=START + 2)


async def test_a_lease_is_kept_and_ended(store: Store, other: Store, clock: StoreClock) -> None:
    await leased(store)
    clock.now += 1_000
    await leased(store, draining=True)
    renewed = Worker(WORKER, "host-1", START, START + 1_000 + LEASE_MS, draining=True)
    assert list(await other.living_workers()) == [renewed]
    await store.end_lease(WORKER)
    assert not await other.living_workers()


async def test_a_lease_runs_out_by_the_clock_of_the_store(
    store: Store, other: Store, clock: StoreClock
) -> None:
    await leased(store)
    await other.keep_lease(OTHER, "host-2", lease_s=2 * LEASE_MS / 1000, draining=False)
    clock.now += LEASE_MS
    assert {worker.id for worker in await store.living_workers()} == {WORKER, OTHER}
    clock.now += 1
    assert [worker.id for worker in await other.living_workers()] == [OTHER]


async def test_a_workers_open_calls_are_those_it_sees_to(store: Store) -> None:
    first = await store.open_call(a_call())
    await store.open_call(replace(a_call(call_id="call-2", room="room-2"), worker=OTHER))
    await store.open_call(a_call(call_id="call-3", room="room-3", job=TARGET))
    await store.end_call(a_call(call_id="call-3").id, CallEnd.GOODBYE, job=TARGET, at=START)
    assert list(await store.open_calls_of(WORKER)) == [first]


async def test_calls_are_orphaned_when_their_workers_lease_is_over_or_was_never_there(
    store: Store, clock: StoreClock
) -> None:
    call = await store.open_call(a_call())
    assert list(await store.orphaned_calls(but=OTHER)) == [call]
    await leased(store)
    clock.now += LEASE_MS
    assert not await store.orphaned_calls(but=OTHER)
    clock.now += 1
    assert list(await store.orphaned_calls(but=OTHER)) == [call]
    assert not await store.orphaned_calls(but=WORKER)


async def test_calls_of_a_worker_that_ended_its_lease_are_orphaned_at_once(store: Store) -> None:
    call = await store.open_call(a_call())
    await leased(store)
    await store.end_lease(WORKER)
    assert list(await store.orphaned_calls(but=OTHER)) == [call]


async def test_a_call_that_is_over_is_not_orphaned(store: Store) -> None:
    await store.open_call(a_call())
    await store.end_call(CALL, CallEnd.GOODBYE, job=HOLDER, at=START)
    assert not await store.orphaned_calls(but=OTHER)


async def test_a_lost_call_says_since_when_and_is_marked_once(store: Store, other: Store) -> None:
    call = await lost(store)
    assert call == replace(a_call(), lost_at=START + 1)
    assert await other.call(CALL) == call
    with pytest.raises(StaleHandoff):
        await other.mark_lost(CALL, job=HOLDER, of=WORKER, by=WORKER, at=START + 2)
    assert await store.losses(CALL, since=START + 1) == 1
    assert await store.losses(CALL, since=START + 2) == 0


async def test_a_job_has_answered_once_its_call_has_a_row_whatever_comes_of_it(store: Store) -> None:
    room = a_call().room
    assert not await store.has_answered(room, HOLDER)
    await store.open_call(a_call())
    await store.end_call(CALL, CallEnd.GOODBYE, job=HOLDER, at=START)
    assert await store.has_answered(room, HOLDER)
    assert not await store.has_answered(room, NEXT)


async def test_only_the_holder_is_found_dead(store: Store) -> None:
    await store.open_call(a_call())
    with pytest.raises(StaleHandoff):
        await store.mark_lost(CALL, job=TARGET, of=WORKER, by=WORKER, at=START)
    with pytest.raises(StaleHandoff):
        await store.mark_lost(CALL, job=HOLDER, of=OTHER, by=OTHER, at=START)


@pytest.mark.fault("A6b")
async def test_a_worker_with_a_lease_keeps_its_calls(store: Store, clock: StoreClock) -> None:
    """The other worker's own clock does not matter."""
    await store.open_call(a_call())
    await leased(store)
    clock.now += LEASE_MS
    with pytest.raises(StaleHandoff):
        await store.mark_lost(CALL, job=HOLDER, of=WORKER, by=OTHER, at=START + 100 * LEASE_MS)
    clock.now += 1
    call = await store.mark_lost(CALL, job=HOLDER, of=WORKER, by=OTHER, at=START)
    assert call.worker == OTHER


@pytest.mark.fault("A6b")
async def test_one_of_many_workers_takes_an_orphaned_call(store: Store, other: Store) -> None:
    await store.open_call(a_call())
    takings = [
        (store, other)[number % 2].mark_lost(
            CALL, job=HOLDER, of=WORKER, by=WorkerId(f"worker-{number}"), at=START
        )
        for number in range(2, 12)
    ]
    results = await asyncio.gather(*takings, return_exceptions=True)
    assert sum(isinstance(result, Call) for result in results) == 1
    assert await store.losses(CALL, since=START) == 1


async def test_a_lost_call_whose_worker_dies_as_well_is_taken_by_a_third(store: Store) -> None:
    await store.open_call(a_call())
    await store.mark_lost(CALL, job=HOLDER, of=WORKER, by=OTHER, at=START)
    third = WorkerId("worker-3")
    call = await store.mark_lost(CALL, job=HOLDER, of=OTHER, by=third, at=START + 5)
    assert (call.worker, call.lost_at) == (third, START + 5)


@pytest.mark.fault("B11")
async def test_of_many_who_would_go_on_with_a_lost_call_one_does(store: Store, other: Store) -> None:
    await lost(store)
    claims = [recovered((store, other)[number % 2], by=JobId(f"job-{number}")) for number in range(10)]
    results = await asyncio.gather(*claims, return_exceptions=True)
    (call,) = [result for result in results if isinstance(result, Call)]
    assert (call.worker, call.lost_at) == (OTHER, None)
    assert await store.call(CALL) == call


async def test_nobody_takes_a_call_whose_holder_lives(store: Store) -> None:
    await store.open_call(a_call())
    with pytest.raises(StaleHandoff):
        await recovered(store)


async def test_a_recovered_call_is_lost_again_with_its_new_holder(store: Store) -> None:
    await lost(store)
    await recovered(store)
    with pytest.raises(StaleHandoff):
        await store.mark_lost(CALL, job=HOLDER, of=OTHER, by=OTHER, at=START + 3)
    await store.mark_lost(CALL, job=NEXT, of=OTHER, by=OTHER, at=START + 3)
    await recovered(store, job=NEXT, by=LATE)
    assert await store.losses(CALL, since=START) == 2
    moves = [(event.moved_from, event.moved_to, event.actor) for event in await store.events(call_id=CALL)]
    assert moves == [
        (None, FRONT_DESK, HOLDER),
        (FRONT_DESK, "lost", WORKER),
        ("lost", FRONT_DESK, NEXT),
        (FRONT_DESK, "lost", OTHER),
        ("lost", FRONT_DESK, LATE),
    ]


async def test_the_dead_holder_ends_nothing_any_more(store: Store) -> None:
    """The holder may only have seemed dead: its own departure from the room does not end the call."""
    await lost(store)
    assert not await store.end_call(CALL, CallEnd.CALLER_LEFT, job=HOLDER, at=START + 2)
    await recovered(store)
    assert not await store.end_call(CALL, CallEnd.CALLER_LEFT, job=HOLDER, at=START + 3)
    assert await store.end_call(CALL, CallEnd.GOODBYE, job=NEXT, at=START + 4)


async def test_a_lost_call_is_closed_once_by_the_worker_that_sees_to_it(store: Store) -> None:
    await store.open_call(a_call())
    assert not await store.close_lost(CALL, CallEnd.CALLER_LEFT, by=WORKER, at=START)
    await store.mark_lost(CALL, job=HOLDER, of=WORKER, by=WORKER, at=START)
    assert not await store.close_lost(CALL, CallEnd.CALLER_LEFT, by=OTHER, at=START + 1)
    assert await store.close_lost(CALL, CallEnd.CALLER_LEFT, by=WORKER, at=START + 1)
    assert not await store.close_lost(CALL, CallEnd.FAILED, by=WORKER, at=START + 2)
    with pytest.raises(StaleHandoff):
        await recovered(store)
    call = await store.call(CALL)
    assert call is not None
    assert call.ended_how is CallEnd.CALLER_LEFT


@pytest.mark.fault("A6")
async def test_who_goes_on_with_a_call_goes_on_with_what_was_requested(store: Store) -> None:
    handoff = await brought_to(store, HandoffState.REQUESTED)
    await store.mark_lost(CALL, job=HOLDER, of=WORKER, by=WORKER, at=START)
    await recovered(store)
    assert await store.handoff(HANDOFF) == replace(handoff, from_job=NEXT)


@pytest.mark.fault("A6")
async def test_an_accepted_target_takes_a_lost_call_over_and_nobody_else_then(store: Store) -> None:
    await brought_to(store, HandoffState.ACCEPTED)
    await store.mark_lost(CALL, job=HOLDER, of=WORKER, by=WORKER, at=START)
    await store.complete(HANDOFF, FIRST, TARGET, at=START + 1)
    with pytest.raises(StaleHandoff):
        await recovered(store)
    call = await store.call(CALL)
    assert call is not None
    assert (call.holder_job, call.lost_at) == (TARGET, None)


async def test_a_finished_handoff_stays_as_it_was(store: Store) -> None:
    handoff = await brought_to(store, HandoffState.DECLINED)
    await store.mark_lost(CALL, job=HOLDER, of=WORKER, by=WORKER, at=START)
    await recovered(store)
    assert await store.handoff(HANDOFF) == handoff


@pytest.mark.fault("A6")
@pytest.mark.parametrize("state", OPEN[1:])
async def test_a_handoff_goes_on_with_its_next_attempt_and_no_other(
    store: Store, state: HandoffState
) -> None:
    handoff = await brought_to(store, state)
    await store.mark_lost(CALL, job=HOLDER, of=WORKER, by=WORKER, at=START)
    await recovered(store)
    assert await store.handoff(HANDOFF) == handoff
    with pytest.raises(StaleHandoff):
        await store.complete(HANDOFF, FIRST, TARGET, at=START)
    previous = Outcome(HandoffState.FAILED, "its holder was lost")
    with pytest.raises(StaleHandoff):
        await store.begin_attempt(an_attempt(SECOND), previous=previous, actor=HOLDER)
    moved = await store.begin_attempt(an_attempt(SECOND), previous=previous, actor=NEXT)
    assert (moved.state, moved.from_job) == (HandoffState.DISPATCHING, NEXT)
    first, second = await store.attempts(HANDOFF)
    assert (first.outcome, second.outcome) == (HandoffState.FAILED, None)


async def test_a_handoff_may_be_asked_of_a_lost_call(store: Store) -> None:
    await lost(store)
    await store.request_handoff(a_handoff(), at_most=5)
    await recovered(store)
    row = await store.handoff(HANDOFF)
    assert row is not None
    assert (row.state, row.from_job) == (HandoffState.REQUESTED, NEXT)
