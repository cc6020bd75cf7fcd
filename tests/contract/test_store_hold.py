"""What every store does with callers on hold."""

from __future__ import annotations

from dataclasses import replace

import pytest

from errors import HandoffOpen, OnHold, StaleHandoff
from persistence.contract.store import Store
from persistence.records import (
    DEPLOY,
    HELD,
    MODEL,
    RULE,
    Call,
    CallBack,
    CallEnd,
    CallId,
    HandoffState,
    JobId,
    WorkerId,
)
from tests.contract.building import (
    CALL,
    FRONT_DESK,
    HOLDER,
    OPERATOR,
    START,
    TARGET,
    WORKER,
    a_call,
    a_handoff,
    move,
    requested,
)

ANN = "Ann"
NEXT, OTHER = JobId("job-next"), WorkerId("worker-2")


async def held(store: Store) -> Call:
    await store.open_call(a_call())
    return await store.hold_call(CALL, by=ANN, at=START + 5)


async def moves(store: Store) -> list[tuple[str | None, str, str]]:
    """Return the call's own moves after its beginning: from, to, by."""
    events = [event for event in await store.events(call_id=CALL) if event.kind == "call"]
    return [(event.moved_from, event.moved_to, event.actor) for event in events[1:]]


async def test_a_hold_says_since_when_and_by_whom_until_it_is_over(store: Store, other: Store) -> None:
    call = await held(store)
    assert (call.held_at, call.held_by) == (START + 5, ANN)
    assert await other.call(CALL) == call
    resumed = await other.resume_call(CALL, by=OPERATOR, at=START + 9)
    assert (resumed.held_at, resumed.held_by) == (None, None)
    assert await moves(store) == [(FRONT_DESK, HELD, ANN), (HELD, FRONT_DESK, OPERATOR)]
    assert [event.at for event in await store.events()][1:] == [START + 5, START + 9]


async def test_only_a_caller_who_is_not_on_hold_is_held_and_only_one_who_is_resumed(store: Store) -> None:
    await held(store)
    with pytest.raises(StaleHandoff):
        await store.hold_call(CALL, by=OPERATOR, at=START)
    await store.resume_call(CALL, by=ANN, at=START)
    with pytest.raises(StaleHandoff):
        await store.resume_call(CALL, by=ANN, at=START)
    await store.end_call(CALL, CallEnd.GOODBYE, job=HOLDER, at=START)
    with pytest.raises(StaleHandoff):
        await store.hold_call(CALL, by=ANN, at=START)


async def test_nobody_is_put_on_hold_during_a_handoff(store: Store) -> None:
    handoff = await requested(store)
    with pytest.raises(StaleHandoff):
        await store.hold_call(CALL, by=ANN, at=START)
    await move(store, handoff, HandoffState.CANCELLED)
    assert (await store.hold_call(CALL, by=ANN, at=START)).held_by == ANN


@pytest.mark.parametrize("asker", [MODEL, RULE])
async def test_no_agent_hands_on_a_caller_who_is_on_hold(store: Store, asker: str) -> None:
    await held(store)
    with pytest.raises(OnHold, match=ANN):
        await store.request_handoff(replace(a_handoff(), requested_by=asker), at_most=5)
    assert not await store.handoffs()


@pytest.mark.parametrize(("asker", "stays"), [(OPERATOR, False), (DEPLOY, True)])
async def test_a_handoff_ends_the_hold_and_a_move_to_another_worker_keeps_it(
    store: Store, asker: str, stays: bool
) -> None:
    await held(store)
    handoff = await store.request_handoff(replace(a_handoff(), requested_by=asker), at_most=5)
    with pytest.raises(HandoffOpen):
        await store.request_handoff(replace(a_handoff(handoff_id="second", key="second")), at_most=5)
    for state in (HandoffState.DISPATCHING, HandoffState.BRIEFING, HandoffState.ACCEPTED):
        handoff = await move(store, handoff, state)
    assert (await _call(store)).held_by == ANN, "until somebody else holds the call"
    await move(store, handoff, HandoffState.COMPLETED)
    call = await _call(store)
    assert (call.holder_job, call.held_by) == (TARGET, ANN if stays else None)
    assert (HELD in [moved_from for moved_from, _, _ in await moves(store)]) is not stays


async def test_a_hold_outlives_its_agent_and_ends_with_its_call(store: Store) -> None:
    await held(store)
    await store.mark_lost(CALL, job=HOLDER, of=WORKER, by=WORKER, at=START)
    recovered = await store.recover_call(
        CALL, job=HOLDER, by=NEXT, role=FRONT_DESK, worker=OTHER, at=START + 7
    )
    assert (recovered.held_at, recovered.held_by) == (START + 5, ANN)
    assert await store.end_call(CALL, CallEnd.CALLER_LEFT, job=NEXT, at=START + 8)
    over = await _call(store)
    assert (over.held_at, over.held_by, over.ended_how) == (None, None, CallEnd.CALLER_LEFT)
    assert (HELD, CallEnd.CALLER_LEFT, NEXT) in await moves(store)
    assert over.call_back is CallBack.LEFT_WAITING


async def test_calls_that_need_somebody_are_those_on_hold_and_those_that_lost_their_agent(
    store: Store,
) -> None:
    for number in range(4):
        await store.open_call(a_call(call_id=f"call-{number}", room=f"room-{number}", at=START + number))
    await store.hold_call(CallId("call-1"), by=ANN, at=START)
    await store.mark_lost(CallId("call-2"), job=HOLDER, of=WORKER, by=WORKER, at=START)
    await store.hold_call(CallId("call-3"), by=ANN, at=START)
    await store.end_call(CallId("call-3"), CallEnd.GOODBYE, job=HOLDER, at=START)
    assert [call.id for call in await store.calls(needs_somebody=True)] == ["call-2", "call-1"]
    assert len(await store.calls(is_open=True)) == 3


async def _call(store: Store) -> Call:
    call = await store.call(CALL)
    assert call is not None
    return call
