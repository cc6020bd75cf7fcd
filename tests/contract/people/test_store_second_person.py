"""A second person in a talk: asked in once, rung like anybody, and who has the caller; on every store."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from errors import StaleHandoff
from persistence.access import Listener, ListenerMode, ListenerState
from persistence.contract.store import Store
from persistence.people import EntryId, EntryState, Offer, OfferId, Person, PresenceState, QueueEntry
from persistence.records import Call, CallEnd, CallId, Handoff, JobId, RoleName
from tests.contract.building import (
    BILLING,
    FIRST,
    FRONT_DESK,
    START,
    TARGET,
    TECHNICAL,
    WORKER,
    a_handoff,
    an_attempt,
)
from tests.contract.people.building import ANNA, BEN, DESK, an_entry, is_there, rings, takes
from tests.contract.people.test_store_people import a_talk, seen

LATER = START + 2_000


def asks(talk: Offer, number: int = 2) -> QueueEntry:
    """Return the entry by which Ben is asked into Anna's talk."""
    return an_entry(number, people=(BEN,), started_at=LATER, asked_by=talk.id, asked_for="is a refund right?")


async def joined(store: Store, talk: Offer, role: RoleName = DESK) -> Offer:
    """Have Ben asked into the talk and connected, and return his offer."""
    await is_there(store, BEN)
    entry = await store.ask_in(replace(asks(talk), role=role), by=ANNA)
    (offer,) = await rings(store, entry, BEN, at=LATER)
    await takes(store, offer, at=LATER)
    return await store.connect_talk(offer.id, at=LATER + 500)


def handed_on(talk: Offer) -> Handoff:
    return replace(a_handoff(), call_id=talk.call_id, from_job=JobId("job-1"))


async def told(store: Store, offer: Offer) -> list[str]:
    return [one.moved_to for one in await store.events(call_id=offer.call_id) if one.subject == offer.id]


async def open_talks(store: Store) -> set[Person]:
    return {offer.person for offer in await store.offers() if offer.is_talk}


async def test_a_second_person_rings_in_the_callers_place_and_the_callers_own_entry_stays_theirs(
    store: Store,
) -> None:
    talk = await a_talk(store)
    entry = await store.ask_in(asks(talk), by=ANNA)
    assert (entry.call_id, entry.asked_by, entry.asked_for) == (
        talk.call_id,
        talk.id,
        "is a refund right?",
    )
    assert (entry.started_at, entry.entered_at) == (START, LATER), "the caller's original start"
    own = await store.entry_of(CallId(talk.call_id))
    assert own is not None
    assert own.offer_id == talk.id
    assert await store.asked_in(CallId(talk.call_id)) == [entry]
    assert (await told(store, talk))[-1] == "asked_in"
    (waits,) = await store.waits(since=0, until=LATER + 1, target_ms=20_000)
    assert waits.entered == 1, "nobody has begun to wait"


async def test_only_who_has_the_caller_asks_and_only_one_person_at_a_time(store: Store) -> None:
    talk = await a_talk(store)
    with pytest.raises(StaleHandoff):
        await store.ask_in(asks(talk), by=BEN)
    await store.ask_in(asks(talk), by=ANNA)
    with pytest.raises(StaleHandoff):
        await store.ask_in(asks(talk, 3), by=ANNA)
    await store.leave_queue(EntryId("entry-2"), EntryState.ABANDONED, by=ANNA, at=LATER)
    await store.request_handoff(handed_on(talk), at_most=5)
    with pytest.raises(StaleHandoff):
        await store.ask_in(asks(talk, 4), by=ANNA)


async def test_with_two_in_a_talk_nobody_else_is_asked_in(store: Store) -> None:
    talk = await a_talk(store)
    second = await joined(store, talk)
    for number, offer, person in ((3, talk, ANNA), (4, second, BEN)):
        with pytest.raises(StaleHandoff):
            await store.ask_in(asks(offer, number), by=person)


async def test_either_may_leave_and_the_other_has_the_caller(store: Store) -> None:
    talk = await a_talk(store)
    second = await joined(store, talk)
    with pytest.raises(StaleHandoff):
        await store.leave_talk(talk.id, BEN, at=LATER + 900)
    await store.leave_talk(talk.id, ANNA, at=LATER + 1_000)
    assert (await told(store, second))[-1] == "leads"
    assert await open_talks(store) == {BEN}
    with pytest.raises(StaleHandoff):  # the caller would be alone
        await store.leave_talk(second.id, BEN, at=LATER + 2_000)
    await is_there(store, ANNA)
    (third,) = await rings(
        store,
        await store.ask_in(replace(asks(second, 3), people=(ANNA,)), by=BEN),
        ANNA,
        at=LATER + 3_000,
    )
    await takes(store, third, at=LATER + 3_000)
    await store.connect_talk(third.id, at=LATER + 3_500)
    await store.leave_talk(third.id, ANNA, at=LATER + 4_000)
    assert "leads" not in await told(store, third)
    assert await told(store, second) == ["offered", "accepted", "connected", "leads", "asked_in"]


async def row_of(store: Store, talk: Offer) -> Call:
    row = await store.call(CallId(talk.call_id))
    assert row is not None
    return row


@pytest.mark.parametrize("leaves", [True, False])
async def test_the_call_is_of_the_role_of_who_stays_and_found_by_both(store: Store, *, leaves: bool) -> None:
    talk = await a_talk(store)
    second = await joined(store, talk, BILLING)
    before = await row_of(store, talk)
    assert before.holder_role == FRONT_DESK, "as the agent wrote it"
    if leaves:
        await store.leave_talk(talk.id, ANNA, at=LATER + 1_000)
    else:
        await store.end_talk(talk.id, at=LATER + 1_000)  # their connection was lost
    after = await row_of(store, talk)
    assert after == replace(before, holder_role=BILLING)
    moves = [one for one in await store.events(call_id=before.id) if one.kind == "call"]
    last = moves[-1]
    assert (last.moved_from, last.moved_to, last.actor, last.at) == (FRONT_DESK, BILLING, BEN, LATER + 1_000)
    await store.end_talk(second.id, at=LATER + 2_000)
    assert await row_of(store, talk) == after
    for role in (DESK, BILLING):
        assert [one.id for one in await store.calls(role=role)] == [before.id]


async def test_a_second_person_who_leaves_changes_no_role(store: Store) -> None:
    talk = await a_talk(store)
    second = await joined(store, talk, BILLING)
    before = await row_of(store, talk)
    await store.leave_talk(second.id, BEN, at=LATER + 1_000)
    assert await row_of(store, talk) == before


async def test_a_lost_call_whose_first_person_leaves_is_recovered_in_the_role_of_who_stays(
    store: Store,
) -> None:
    talk = await a_talk(store)
    await joined(store, talk, BILLING)
    row = await row_of(store, talk)
    await store.mark_lost(row.id, job=row.holder_job, of=WORKER, by=WORKER, at=LATER + 900)
    await store.leave_talk(talk.id, ANNA, at=LATER + 1_000)
    lost = await row_of(store, talk)
    assert (lost.holder_role, lost.lost_at) == (BILLING, LATER + 900)


async def test_a_supervisor_who_speaks_keeps_the_floor_when_one_of_two_persons_leaves(store: Store) -> None:
    talk = await a_talk(store)
    await joined(store, talk, BILLING)
    ann = Listener("listener-1", CallId(talk.call_id), "Ann", "hash", ListenerState.ASKED, START, START)
    await store.add_listener(ann)
    await store.supervise("listener-1", ListenerMode.BARGE, name="Ann", at=LATER + 900)
    await store.leave_talk(talk.id, ANNA, at=LATER + 1_000)
    assert [one.mode for one in await store.listeners_of(ann.call_id)] == [ListenerMode.BARGE]


async def test_of_two_who_leave_at_once_one_stays(store: Store, other: Store) -> None:
    talk = await a_talk(store)
    second = await joined(store, talk)
    left = await asyncio.gather(
        store.leave_talk(talk.id, ANNA, at=LATER + 1_000),
        other.leave_talk(second.id, BEN, at=LATER + 1_000),
        return_exceptions=True,
    )
    assert sorted(isinstance(one, StaleHandoff) for one in left) == [False, True]
    assert len(await open_talks(store)) == 1


async def test_nobody_leaves_the_caller_to_a_person_who_is_lost(store: Store) -> None:
    talk = await a_talk(store)
    second = await joined(store, talk)
    await store.lose_person(second.id, at=LATER + 600)
    with pytest.raises(StaleHandoff):
        await store.leave_talk(talk.id, ANNA, at=LATER + 700)
    await store.find_person(second.id, at=LATER + 800)
    await store.leave_talk(talk.id, ANNA, at=LATER + 900)


@pytest.mark.parametrize("accepted", [False, True])
async def test_the_end_of_the_talk_asks_nobody_in_any_more(store: Store, *, accepted: bool) -> None:
    talk = await a_talk(store)
    await is_there(store, BEN)
    (offer,) = await rings(store, await store.ask_in(asks(talk), by=ANNA), BEN, at=LATER)
    if accepted:
        await takes(store, offer, at=LATER)
    await store.end_talk(talk.id, at=LATER + 100)
    assert (await seen(store, asks(talk))).state is EntryState.ABANDONED
    assert not await open_talks(store)
    assert not await store.offers(ringing=True)
    assert {one.state for one in await store.presences()} == {PresenceState.AVAILABLE}


async def test_a_handoff_ends_both_talks_in_the_same_moment_and_nobody_is_said_to_have_the_caller(
    store: Store,
) -> None:
    talk = await a_talk(store)
    second = await joined(store, talk, TECHNICAL)
    await store.request_handoff(handed_on(talk), at_most=5)
    handoff = (await store.handoffs(call_id=CallId(talk.call_id)))[0].id
    await store.begin_attempt(an_attempt(handoff_id=handoff), previous=None, actor=JobId("job-1"))
    await store.claim_attempt(handoff, FIRST, TARGET, worker=WORKER, at=LATER + 5_000)
    await store.accept(handoff, FIRST, TARGET, at=LATER + 5_000)
    await store.complete(handoff, FIRST, TARGET, at=LATER + 6_000)
    assert not await open_talks(store)
    for offer in (talk, second):
        assert (await told(store, offer))[-1] == "ended"
        ended = await store.offer(OfferId(offer.id))
        assert ended is not None
        assert ended.ended_at == LATER + 6_000
    assert (await row_of(store, talk)).holder_role == handed_on(talk).target


async def test_the_end_of_the_call_ends_both_talks_and_takes_the_private_words_along(store: Store) -> None:
    talk = await a_talk(store)
    second = await joined(store, talk)
    call = await store.call(CallId(talk.call_id))
    assert call is not None
    await store.end_call(call.id, CallEnd.CALLER_LEFT, job=call.holder_job, at=LATER + 5_000)
    assert not await open_talks(store)
    assert "leads" not in await told(store, second)
    await store.forget_call(call.id, by=ANNA, at=LATER + 6_000)
    (entry,) = await store.asked_in(call.id)
    assert entry.asked_for == ""
