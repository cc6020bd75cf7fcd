"""The queue for people, on every store: its order, and what ends it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from errors import StaleHandoff
from persistence.contract.store import Store
from persistence.people import EntryId, EntryState, OfferId, OfferOutcome, QueueEntry, Waits
from persistence.records import CallEnd, JobId
from tests.contract.building import START
from tests.contract.people.building import ANNA, BEN, DESK, an_entry, is_there, rings, takes, waits


async def order(store: Store) -> list[EntryId]:
    return [entry.id for entry in await store.queue(role=DESK)]


async def state_of(store: Store, entry: QueueEntry) -> EntryState:
    found = await store.entry(entry.id)
    assert found is not None
    return found.state


async def test_the_row_is_read_as_it_was_written(store: Store) -> None:
    await waits(store)
    await store.leave_queue(EntryId("entry-1"), EntryState.ABANDONED, by=ANNA, at=START)
    whole = replace(
        an_entry(), id=EntryId("whole"), priority=3, skills=("german", "fibre"), overflows_at=START + 9,
        overflow_to="call back", wrap_up=True,
    )  # fmt: skip
    assert await store.enter_queue(whole) == whole
    assert await store.entry_of(whole.call_id) == whole


async def test_priority_first_then_the_oldest_start(store: Store) -> None:
    await waits(store, 1, started_at=START + 20)
    await waits(store, 2, started_at=START + 10)
    await waits(store, 3, started_at=START + 30, priority=1)
    assert await order(store) == ["entry-3", "entry-2", "entry-1"]


async def test_a_person_gets_the_first_that_they_may_take(store: Store) -> None:
    await is_there(store, ANNA, BEN)
    first = await waits(store, 1, people=(ANNA,))
    second = await waits(store, 2, started_at=START + 10)
    assert await store.make_offer(OfferId("overtakes"), second.id, ANNA, at=START) is None
    await rings(store, second, BEN)
    await rings(store, first, ANNA)


async def test_a_call_waits_once(store: Store) -> None:
    first = await waits(store)
    again = await store.enter_queue(replace(an_entry(), id=EntryId("again"), started_at=START + 5))
    assert again == first


async def test_a_call_waits_again_while_a_person_has_it_who_hands_it_over(store: Store) -> None:
    await is_there(store, ANNA, BEN)
    first = await waits(store)
    (offer,) = await rings(store, first, ANNA)
    await store.accept_offer(offer.id, ANNA, connect_within_s=60, at=START)
    await store.connect_talk(offer.id, at=START)
    second = await store.enter_queue(replace(an_entry(), id=EntryId("again"), entered_at=START + 5))
    assert second is not None
    assert second.id == "again"
    (to_ben,) = await rings(store, second, BEN)
    await store.accept_offer(to_ben.id, BEN, connect_within_s=60, at=START + 6)
    await store.end_talk(offer.id, at=START + 7)
    assert await state_of(store, first) is EntryState.TALKED
    assert await state_of(store, second) is EntryState.TAKEN


async def test_a_queue_has_a_longest_length(store: Store) -> None:
    await waits(store, 1)
    await waits(store, 2)
    third = await waits(store, 3)
    await store.leave_queue(third.id, EntryState.ABANDONED, by="caller", at=START)
    assert await store.enter_queue(replace(an_entry(3), id=EntryId("third")), longest=2) is None
    assert await store.enter_queue(replace(an_entry(3), id=EntryId("third")), longest=3) is not None


async def test_a_call_that_is_over_cannot_enter(store: Store) -> None:
    entry = await waits(store)
    await store.end_call(entry.call_id, CallEnd.CALLER_LEFT, job=JobId("job-1"), at=START)
    assert await state_of(store, entry) is EntryState.ABANDONED
    with pytest.raises(StaleHandoff):
        await store.enter_queue(replace(an_entry(), id=EntryId("again")))


async def test_a_caller_who_leaves_stops_the_ringing(store: Store) -> None:
    await is_there(store, ANNA)
    entry = await waits(store)
    (offer,) = await rings(store, entry, ANNA)
    await store.end_call(entry.call_id, CallEnd.CALLER_LEFT, job=JobId("job-1"), at=START)
    with pytest.raises(StaleHandoff):
        await takes(store, offer)
    withdrawn = await store.offer(offer.id)
    assert withdrawn is not None
    assert withdrawn.outcome is OfferOutcome.WITHDRAWN


async def test_an_overflow_after_a_person_has_accepted_is_stale(store: Store) -> None:
    await is_there(store, ANNA)
    entry = await waits(store)
    (offer,) = await rings(store, entry, ANNA)
    await takes(store, offer)
    with pytest.raises(StaleHandoff):
        await store.leave_queue(entry.id, EntryState.OVERFLOWED, by="rule", at=START)


async def test_the_figures_of_a_role(store: Store) -> None:
    await is_there(store, ANNA, BEN)
    for number, person, answered_at in ((1, ANNA, START + 5_000), (2, BEN, START + 30_000)):
        (offer,) = await rings(store, await waits(store, number), person)
        await takes(store, offer)
        await store.connect_talk(offer.id, at=answered_at)
    third = await waits(store, 3)
    await store.leave_queue(third.id, EntryState.ABANDONED, by="caller", at=START)
    assert await store.waits(since=START, until=START + 1, target_ms=20_000) == [
        Waits(
            DESK,
            3,
            answered=2,
            in_time=1,
            abandoned=1,
            overflowed=0,
            wait_ms=35_000,
            call_backs=0,
            called_back=0,
            unreached=0,
            messages=0,
            messages_open=0,
        )
    ]


async def test_what_a_caller_was_told_first_is_kept(store: Store) -> None:
    entry = await waits(store)
    await store.note_told_wait(entry.id, 60_000)
    await store.note_told_wait(entry.id, 30_000)
    kept = await store.entry(entry.id)
    assert kept is not None
    assert kept.told_wait_ms == 60_000
