"""Call backs, on every store: they keep their place, are due after the call, are tried again, and end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from errors import StaleHandoff
from persistence.contract.store import Store
from persistence.people import NOT_YET, EntryId, EntryState, Offer, OfferId, PresenceState, QueueEntry
from persistence.records import CallEnd, CallId, JobId
from tests.contract.building import START, a_call
from tests.contract.people.building import ANNA, BEN, an_entry, is_there, rings, waits

FIRST = CallId("call-1")


async def promised(store: Store, *, over_at: int | None = START + 30) -> QueueEntry:
    """Have a caller who has waited leave the queue, be promised a call back, and hang up."""
    before = await waits(store, 1)
    await store.leave_queue(before.id, EntryState.OVERFLOWED, by="rule", at=START + 10)
    entry = replace(
        an_entry(), id=EntryId("back"), entered_at=START + 20, call_back=True, not_before=NOT_YET,
        link_hash="a hash", moved_at=START + 20,
    )  # fmt: skip
    made = await store.enter_queue(entry)
    assert made == entry
    if over_at is not None:
        await hangs_up(store, over_at)
    return made


async def calls(store: Store, number: int) -> CallId:
    call = a_call(call_id=f"call-{number}", room=f"room-{number}", job=JobId(f"job-{number}"))
    await store.open_call(call)
    return call.id


async def hangs_up(store: Store, at: int) -> None:
    await store.end_call(FIRST, CallEnd.CALLER_LEFT, job=JobId("job-1"), at=at)


async def accepted(store: Store, *, at: int, connect_within_s: float = 60) -> Offer:
    (offer,) = await rings(store, await found(store), ANNA, at=at)
    return await store.accept_offer(offer.id, ANNA, connect_within_s=connect_within_s, at=at)


async def found(store: Store) -> QueueEntry:
    entry = await store.call_back_of("a hash")
    assert entry is not None
    return entry


async def anna_is(store: Store, state: PresenceState) -> bool:
    return next(one.state for one in await store.presences() if one.person == ANNA) is state


async def test_a_call_back_keeps_its_place_and_is_due_once_the_call_is_over(store: Store) -> None:
    await is_there(store, ANNA)
    entry = await promised(store, over_at=None)
    await waits(store, 2, started_at=START + 10)
    assert [one.id for one in await store.queue()] == ["back", "entry-2"]
    assert await store.make_offer(OfferId("too soon"), entry.id, ANNA, at=START + 29) is None
    await hangs_up(store, START + 30)
    assert (await found(store)).not_before == START + 30
    assert await store.make_offer(OfferId("due"), entry.id, ANNA, at=START + 30) is not None
    assert [one.id for one in await store.call_backs()] == ["back"]


async def test_a_caller_who_comes_back_by_themselves_is_not_called(store: Store) -> None:
    await is_there(store, ANNA)
    await promised(store)
    (offer,) = await rings(store, await found(store), ANNA, at=START + 40)
    before = await store.call(FIRST)
    assert before is not None
    await store.reopen_call(FIRST, job=JobId("job-9"), worker=before.worker, since=START, at=START + 50)
    assert ((await found(store)).state, (await found(store)).not_before) == (EntryState.WAITING, NOT_YET)
    withdrawn = await store.offer(offer.id)
    assert withdrawn is not None
    assert withdrawn.outcome is not None
    await store.end_call(FIRST, CallEnd.CALLER_LEFT, job=JobId("job-9"), at=START + 60)
    assert (await found(store)).not_before == START + 60


async def test_a_caller_who_answers_is_in_another_call_and_the_talk_ends_with_it(store: Store) -> None:
    await is_there(store, ANNA)
    await promised(store)
    offer = await accepted(store, at=START + 40)
    second = await calls(store, 7)
    answered = await store.answer_call_back(offer.id, second, by="job-7", at=START + 50)
    assert (answered.call_id, answered.call_back, answered.called_back_at) == (second, False, START + 50)
    assert await store.entry_of(second) == answered
    assert await store.call_backs() == []
    with pytest.raises(StaleHandoff):
        await store.answer_call_back(offer.id, second, by="job-7", at=START + 51)
    talk = await store.offer(offer.id)
    assert talk is not None
    assert (talk.call_id, talk.ends_at) == (second, offer.ends_at + 60_000)
    await store.connect_talk(offer.id, at=START + 60)
    await store.end_call(second, CallEnd.CALLER_LEFT, job=JobId("job-7"), at=START + 90)
    assert (await found(store)).state is EntryState.TALKED
    assert await anna_is(store, PresenceState.AVAILABLE)
    events = await store.events(call_id=second)
    assert ("queue", "call_back", "taken") in [(one.kind, one.moved_from, one.moved_to) for one in events]


async def test_one_who_does_not_answer_is_called_again_and_then_it_ends(store: Store) -> None:
    await is_there(store, ANNA)
    entry = await promised(store)
    offer = await accepted(store, at=START + 40)
    with pytest.raises(StaleHandoff):  # it still rings
        await store.miss_call_back(offer.id, again_at=None, at=START + 50)
    await store.return_caller(offer.id, reason="not now", at=START + 50)

    offer = await accepted(store, at=START + 60, connect_within_s=0)
    missed = await store.miss_call_back(offer.id, again_at=START + 500, at=START + 61)
    assert (missed.state, missed.tries, missed.started_at) == (EntryState.WAITING, 1, entry.started_at)
    assert await anna_is(store, PresenceState.AVAILABLE)
    assert await store.make_offer(OfferId("too soon"), entry.id, ANNA, at=START + 499) is None

    offer = await accepted(store, at=START + 500, connect_within_s=0)
    last = await store.miss_call_back(offer.id, again_at=None, at=START + 560)
    assert (last.state, last.tries) == (EntryState.UNREACHED, 2)
    assert await anna_is(store, PresenceState.AVAILABLE)
    assert await store.call_backs() == []


async def test_one_who_answers_too_late_is_told_so(store: Store) -> None:
    await is_there(store, ANNA)
    await promised(store)
    offer = await accepted(store, at=START + 40, connect_within_s=0)
    with pytest.raises(StaleHandoff):
        await store.answer_call_back(offer.id, await calls(store, 7), by="job-7", at=START + 50)


async def test_call_backs_take_no_place_of_those_who_may_wait(store: Store) -> None:
    await is_there(store, ANNA, BEN)
    await promised(store)
    await calls(store, 2)
    entered = await store.enter_queue(
        replace(an_entry(), id=EntryId("entry-2"), call_id=CallId("call-2")), longest=1
    )
    assert entered is not None


async def test_the_figures_count_call_backs_apart(store: Store) -> None:
    await is_there(store, ANNA)
    await promised(store)
    (waited,) = await store.waits(since=START, until=START + 1_000, target_ms=20_000)
    assert (waited.entered, waited.overflowed) == (1, 1), "the wait before it"
    assert (waited.call_backs, waited.called_back, waited.unreached) == (1, 0, 0)
    offer = await accepted(store, at=START + 40)
    await store.answer_call_back(offer.id, await calls(store, 7), by="job-7", at=START + 50)
    await store.connect_talk(offer.id, at=START + 60)
    (waited,) = await store.waits(since=START, until=START + 1_000, target_ms=20_000)
    assert (waited.entered, waited.answered, waited.wait_ms) == (1, 0, 0)
    assert (waited.call_backs, waited.called_back, waited.unreached) == (1, 1, 0)
