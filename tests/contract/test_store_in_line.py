"""Callers who wait in line: their order, who holds them, and how they leave the line."""

from __future__ import annotations

from dataclasses import replace

import pytest

from errors import StaleHandoff
from persistence.contract.store import Store
from persistence.records import WAITING, Call, CallBack, CallEnd, CallId, JobId, WorkerId
from tests.contract.building import FRONT_DESK, HOLDER, WORKER, a_call

pytestmark = pytest.mark.asyncio

ROOM_JOB, AGENT = JobId("waiting-1"), JobId("agent-job")
OTHER = WorkerId("worker-other")


def in_line(number: int, *, queued_at: int) -> Call:
    call = a_call(call_id=f"call-{number}", room=f"room-{number}", job=ROOM_JOB)
    return replace(call, queued_at=queued_at)


async def moves(store: Store, call_id: str = "call-1") -> list[tuple[str | None, str]]:
    events = await store.events(call_id=CallId(call_id))
    return [(each.moved_from, each.moved_to) for each in events if each.kind == "call"]


async def test_callers_in_line_are_listed_in_the_order_in_which_they_came(store: Store) -> None:
    for number, queued_at in ((1, 30), (2, 10), (3, 20)):
        await store.open_call(in_line(number, queued_at=queued_at))
    await store.open_call(a_call(call_id="call-4", room="room-4"))

    assert [call.id for call in await store.calls_in_line()] == ["call-2", "call-3", "call-1"]
    assert (await store.calls_held(), await store.calls_waiting()) == (4, 3)


async def test_an_agent_takes_a_caller_out_of_the_line_and_only_one_does(store: Store) -> None:
    row = await store.open_call(in_line(1, queued_at=10))

    taken = await store.admit_call(row.id, job=ROOM_JOB, by=AGENT, worker=OTHER, at=50)

    assert (taken.holder_job, taken.worker, taken.queued_at, taken.admitted_at) == (AGENT, OTHER, 10, 50)
    assert not taken.is_waiting
    assert await store.calls_in_line() == []
    with pytest.raises(StaleHandoff):
        await store.admit_call(row.id, job=ROOM_JOB, by=JobId("second"), worker=WORKER, at=51)
    assert await moves(store) == [(None, WAITING), (WAITING, FRONT_DESK)]


async def test_a_caller_who_moves_to_another_waiting_room_keeps_the_place(store: Store) -> None:
    row = await store.open_call(in_line(1, queued_at=10))
    await store.open_call(in_line(2, queued_at=20))

    moved = await store.wait_on(row.id, job=ROOM_JOB, by=JobId("waiting-9"), worker=OTHER, at=50)

    assert moved.is_waiting
    assert [call.id for call in await store.calls_in_line()] == ["call-1", "call-2"]
    assert await moves(store) == [(None, WAITING), (WAITING, WAITING)]


async def test_a_caller_who_gives_up_is_recorded_so_and_has_to_be_called_back(store: Store) -> None:
    row = await store.open_call(in_line(1, queued_at=10))

    assert row.left is CallEnd.GAVE_UP
    await store.end_call(row.id, CallEnd.GAVE_UP, job=ROOM_JOB, at=40)

    ended = await store.call(row.id)
    assert ended is not None
    assert (ended.ended_how, ended.call_back) == (CallEnd.GAVE_UP, CallBack.LEFT_WAITING)
    assert await store.calls_in_line() == []
    assert await moves(store) == [(None, WAITING), (WAITING, CallEnd.GAVE_UP)]
    assert [call.id for call in await store.calls(ended_how=CallEnd.GAVE_UP)] == [row.id]


async def test_a_caller_who_gave_up_and_is_back_at_once_has_the_old_place(store: Store) -> None:
    row = await store.open_call(in_line(1, queued_at=10))
    await store.open_call(in_line(2, queued_at=20))
    await store.end_call(row.id, CallEnd.GAVE_UP, job=ROOM_JOB, at=40)

    again = await store.reopen_call(
        row.id, job=JobId("waiting-9"), worker=WORKER, since=30, at=45, ended_how=CallEnd.GAVE_UP
    )

    assert again.is_waiting
    assert again.call_back is None
    assert [call.id for call in await store.calls_in_line()] == ["call-1", "call-2"]


async def test_an_agent_that_recovers_a_call_in_line_has_taken_its_caller(store: Store) -> None:
    row = await store.open_call(in_line(1, queued_at=10))
    await store.mark_lost(row.id, job=ROOM_JOB, of=row.worker, by=row.worker, at=30)

    taken = await store.recover_call(
        row.id, job=ROOM_JOB, by=AGENT, role=FRONT_DESK, worker=row.worker, at=40
    )

    assert (taken.admitted_at, taken.is_waiting) == (40, False)


async def test_a_lost_waiting_room_is_replaced_by_another(store: Store) -> None:
    row = await store.open_call(in_line(1, queued_at=10))
    await store.mark_lost(row.id, job=ROOM_JOB, of=row.worker, by=row.worker, at=30)

    held = await store.wait_on(row.id, job=ROOM_JOB, by=JobId("waiting-9"), worker=row.worker, at=40)

    assert (held.lost_at, held.is_waiting) == (None, True)


async def test_a_call_that_never_waited_leaves_no_trace_of_a_line(store: Store) -> None:
    row = await store.open_call(a_call())
    await store.mark_lost(row.id, job=HOLDER, of=row.worker, by=row.worker, at=30)
    call = await store.recover_call(row.id, job=HOLDER, by=AGENT, role=FRONT_DESK, worker=row.worker, at=40)

    assert (call.queued_at, call.admitted_at) == (None, None)
    with pytest.raises(StaleHandoff):
        await store.admit_call(CallId("call-1"), job=AGENT, by=JobId("x"), worker=WORKER, at=50)


async def test_callers_in_line_need_somebody(store: Store) -> None:
    row = await store.open_call(in_line(1, queued_at=10))
    await store.open_call(a_call(call_id="call-2", room="room-2"))

    assert [call.id for call in await store.calls(is_open=True, needs_somebody=True)] == [row.id]


async def test_a_worker_says_how_many_calls_it_has_room_for(store: Store) -> None:
    await store.keep_lease(WORKER, "host", lease_s=60, draining=False, room_for=3)
    await store.keep_lease(WORKER, "host", lease_s=60, draining=False, room_for=1)

    assert [worker.room_for for worker in await store.living_workers()] == [1]
