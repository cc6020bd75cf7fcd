"""A caller who hung up and is back soon continues the same call, in every store."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from errors import StaleHandoff
from persistence.contract.store import Store
from persistence.records import Call, CallBack, CallEnd, CallId, JobId, WorkerId
from tests.contract.building import CALL, HOLDER, START, TARGET, WORKER, a_call, brought_to
from tests.contract.building import S as State

LEFT, BACK = START + 10, START + 20
NEXT, OTHER = JobId("job-next"), WorkerId("worker-2")


async def left(store: Store, how: CallEnd = CallEnd.CALLER_LEFT) -> None:
    await store.open_call(a_call())
    assert await store.end_call(CALL, how, job=HOLDER, at=LEFT)


async def back(store: Store, *, job: JobId = NEXT, since: int = LEFT) -> Call:
    return await store.reopen_call(CALL, job=job, worker=OTHER, since=since, at=BACK)


async def test_the_call_is_open_again_with_its_role_and_another_holder(store: Store, other: Store) -> None:
    await left(store)
    again = await back(other)
    assert again == replace(a_call(), holder_job=NEXT, worker=OTHER)
    assert await store.open_call_in("room-1") == again
    assert await store.has_answered("room-1", NEXT)
    assert not await store.end_call(CALL, CallEnd.GOODBYE, job=HOLDER, at=BACK), "the old holder, late"
    assert await store.end_call(CALL, CallEnd.GOODBYE, job=NEXT, at=BACK + 5)
    moves = [(event.moved_from, event.moved_to, event.actor) for event in await store.events(call_id=CALL)]
    assert moves == [
        (None, "front-desk", HOLDER),
        ("front-desk", "caller_left", HOLDER),
        ("caller_left", "front-desk", NEXT),
        ("front-desk", "goodbye", NEXT),
    ]


async def test_two_agents_at_once_and_one_goes_on(store: Store, other: Store) -> None:
    await left(store)
    both = await asyncio.gather(back(store), back(other, job=TARGET), return_exceptions=True)
    assert [type(one) for one in both].count(StaleHandoff) == 1


@pytest.mark.parametrize("how", [how for how in CallEnd if how is not CallEnd.CALLER_LEFT])
async def test_a_call_that_ended_otherwise_stays_ended(store: Store, how: CallEnd) -> None:
    await left(store, how)
    with pytest.raises(StaleHandoff):
        await back(store)


async def test_a_caller_who_is_back_too_late_gets_another_call(store: Store) -> None:
    await left(store)
    with pytest.raises(StaleHandoff):
        await back(store, since=LEFT + 1)


async def test_an_earlier_call_of_the_room_stays_ended(store: Store) -> None:
    await left(store)
    later = replace(a_call(call_id=CallId("call-2"), at=LEFT + 1))
    await store.open_call(later)
    with pytest.raises(StaleHandoff):
        await back(store)
    assert await store.end_call(later.id, CallEnd.GOODBYE, job=HOLDER, at=BACK)
    with pytest.raises(StaleHandoff):
        await back(store)


async def test_a_caller_who_is_back_need_not_be_called_back(store: Store) -> None:
    await brought_to(store, State.UNANSWERED)
    assert await store.end_call(CALL, CallEnd.CALLER_LEFT, job=HOLDER, at=LEFT)
    over = await store.call(CALL)
    assert over is not None
    assert over.call_back is CallBack.NOT_REACHED
    assert (await back(store)).call_back is None
    assert await store.end_call(CALL, CallEnd.CALLER_LEFT, job=NEXT, at=BACK + 5)
    over = await store.call(CALL)
    assert over is not None
    assert over.call_back is CallBack.NOT_REACHED, "they left again without what they called for"


async def test_a_call_that_somebody_has_called_back_about_stays_ended(store: Store) -> None:
    await brought_to(store, State.UNANSWERED)
    assert await store.end_call(CALL, CallEnd.CALLER_LEFT, job=HOLDER, at=LEFT)
    await store.mark_called_back(CALL, by="ann", at=LEFT + 5)
    with pytest.raises(StaleHandoff):
        await back(store)


async def test_a_lost_call_that_its_caller_left_goes_on(store: Store) -> None:
    await store.open_call(a_call())
    await store.mark_lost(CALL, job=HOLDER, of=WORKER, by=WORKER, at=START + 1)
    assert await store.close_lost(CALL, CallEnd.CALLER_LEFT, by=WORKER, at=LEFT)
    assert (await back(store)).lost_at is None


async def test_a_caller_who_was_on_hold_is_on_hold_again_until_an_operator_resumes(store: Store) -> None:
    await store.open_call(a_call())
    await store.hold_call(CALL, by="ann", at=START + 1)
    job, at = HOLDER, LEFT
    for job_after in (NEXT, TARGET):
        assert await store.end_call(CALL, CallEnd.CALLER_LEFT, job=job, at=at)
        again = await store.reopen_call(CALL, job=job_after, worker=OTHER, since=at, at=at + 5)
        assert (again.held_by, again.held_at) == ("ann", at + 5)
        job, at = job_after, at + 10
    await store.resume_call(CALL, by="ann", at=at)
    assert await store.end_call(CALL, CallEnd.CALLER_LEFT, job=job, at=at + 1)
    again = await store.reopen_call(CALL, job=NEXT, worker=OTHER, since=at, at=at + 2)
    assert (again.held_by, again.held_at) == (None, None)
    moves = [(event.moved_from, event.moved_to) for event in await store.events(call_id=CALL)]
    assert moves.count(("front-desk", "held")) == moves.count(("held", "caller_left")) + 1 == 3
