"""Presence, offers, talks and wrap-ups, on every store."""

from __future__ import annotations

import asyncio

import pytest

from errors import StaleHandoff
from persistence.contract.store import Store
from persistence.people import (
    DESK_CLOSED,
    MISSED_OFFER,
    EntryState,
    Offer,
    OfferId,
    OfferOutcome,
    Person,
    Presence,
    PresenceState,
    QueueEntry,
    Talks,
)
from persistence.records import CallEnd, JobId
from tests.contract.building import START
from tests.contract.conftest import StoreClock
from tests.contract.people.building import (
    ANNA,
    BEN,
    CONNECT_S,
    DESK,
    LEASE_S,
    RINGS_MS,
    is_there,
    rings,
    takes,
    waits,
)


async def presence_of(store: Store, person: Person) -> Presence:
    return next(presence for presence in await store.presences() if presence.person == person)


async def seen(store: Store, entry: QueueEntry) -> QueueEntry:
    found = await store.entry(entry.id)
    assert found is not None
    return found


async def outcomes(store: Store) -> dict[Person, OfferOutcome | None]:
    return {offer.person: offer.outcome for offer in await store.offers()}


async def a_talk(store: Store, **fields: int) -> Offer:
    """Have Anna talk with a caller, and return the offer."""
    await is_there(store, ANNA)
    (offer,) = await rings(store, await waits(store, **fields), ANNA)
    await takes(store, offer)
    return await store.connect_talk(offer.id, at=START + 1_000)


async def test_presence_survives_a_reload_and_tells_since_when(store: Store, other: Store) -> None:
    await store.set_presence(ANNA, PresenceState.AWAY, reason="lunch", lease_s=LEASE_S, by=ANNA, at=START)
    await store.set_presence(ANNA, PresenceState.AWAY, reason="lunch", lease_s=LEASE_S, by=ANNA, at=START + 9)
    expected = Presence(ANNA, PresenceState.AWAY, "lunch", START, START + 60_000)
    assert await other.presences() == [expected]


async def test_a_closed_desk_is_away_and_its_offers_are_withdrawn(store: Store, clock: StoreClock) -> None:
    await is_there(store, ANNA, BEN)
    entry = await waits(store)
    await rings(store, entry, ANNA, BEN)
    clock.now += 30_000
    await store.beat(BEN, lease_s=LEASE_S)
    clock.now += 31_000
    await store.close_desks(at=clock.now)

    assert (await presence_of(store, ANNA)).reason == DESK_CLOSED
    assert (await presence_of(store, BEN)).state is PresenceState.AVAILABLE
    assert await outcomes(store) == {ANNA: OfferOutcome.WITHDRAWN, BEN: None}


async def test_a_heartbeat_makes_nobody_available_again(store: Store, clock: StoreClock) -> None:
    await is_there(store, ANNA)
    clock.now += 61_000
    await store.close_desks(at=clock.now)
    presence = await store.beat(ANNA, lease_s=LEASE_S)
    assert presence is not None
    assert presence.state is PresenceState.AWAY
    assert await store.beat(BEN, lease_s=LEASE_S) is None


async def test_who_accepts_has_the_caller_and_the_others_are_told_by_whom(store: Store) -> None:
    await is_there(store, ANNA, BEN)
    entry = await waits(store)
    annas, bens = await rings(store, entry, ANNA, BEN)
    assert (await seen(store, entry)).state is EntryState.OFFERED

    await takes(store, annas)

    with pytest.raises(StaleHandoff):
        await takes(store, bens)
    taken = await seen(store, entry)
    assert (taken.state, taken.person, taken.offer_id) == (EntryState.TAKEN, ANNA, annas.id)
    assert await outcomes(store) == {ANNA: OfferOutcome.ACCEPTED, BEN: OfferOutcome.WITHDRAWN}
    assert (await presence_of(store, ANNA)).state is PresenceState.BUSY
    assert (await presence_of(store, BEN)).state is PresenceState.AVAILABLE


async def test_a_declined_caller_waits_and_rings_there_again_after_a_minute(store: Store) -> None:
    await is_there(store, ANNA)
    entry = await waits(store)
    (offer,) = await rings(store, entry, ANNA)
    await store.decline_offer(offer.id, ANNA, reason="not my field", at=START)
    assert (await seen(store, entry)).state is EntryState.WAITING

    assert await store.make_offer(OfferId("soon"), entry.id, ANNA, at=START + 59_999) is None
    assert await store.make_offer(OfferId("later"), entry.id, ANNA, at=START + 60_001) is not None


async def test_a_missed_offer_sets_the_person_away_visibly(store: Store, clock: StoreClock) -> None:
    await is_there(store, ANNA)
    entry = await waits(store)
    (offer,) = await rings(store, entry, ANNA)
    assert await store.miss_offer(offer.id, at=START) is None  # it still rings
    clock.now += RINGS_MS

    assert await store.miss_offer(offer.id, at=clock.now) is not None

    presence = await presence_of(store, ANNA)
    assert (presence.state, presence.reason) == (PresenceState.AWAY, MISSED_OFFER)
    assert (await seen(store, entry)).state is EntryState.WAITING
    with pytest.raises(StaleHandoff):
        await takes(store, offer)


async def test_an_offer_cannot_be_accepted_once_its_time_is_over(store: Store, clock: StoreClock) -> None:
    await is_there(store, ANNA)
    (offer,) = await rings(store, await waits(store), ANNA)
    clock.now += RINGS_MS
    with pytest.raises(StaleHandoff):
        await takes(store, offer)


async def test_nobody_gets_an_offer_who_is_not_there_or_has_one(store: Store, clock: StoreClock) -> None:
    await is_there(store, ANNA)
    entry = await waits(store)
    assert await store.make_offer(OfferId("to Ben"), entry.id, BEN, at=START) is None
    await rings(store, entry, ANNA)
    assert await store.make_offer(OfferId("again"), entry.id, ANNA, at=START) is None
    await is_there(store, BEN)
    clock.now += 61_000
    assert await store.make_offer(OfferId("closed"), entry.id, BEN, at=START) is None


async def test_a_talk_ends_with_a_required_wrap_up_and_then_the_person_is_there(store: Store) -> None:
    offer = await a_talk(store, wrap_up=True)
    ended = await store.end_talk(offer.id, at=START + 61_000)
    assert ended.wants_wrap_up
    assert (await presence_of(store, ANNA)).state is PresenceState.WRAPPING_UP
    with pytest.raises(StaleHandoff):
        await is_there(store, ANNA)

    await store.wrap_up(offer.id, ANNA, code="solved", note="sent the bill again", at=START + 70_000)

    assert (await presence_of(store, ANNA)).state is PresenceState.AVAILABLE
    with pytest.raises(StaleHandoff):
        await store.wrap_up(offer.id, ANNA, code="other", note="", at=START + 71_000)
    assert await store.talks(since=START, until=START + 1) == [
        Talks(
            ANNA, DESK, offers=1, talks=1, missed=0, declined=0, transfers=0, talk_ms=60_000, wrap_up_ms=9_000
        )
    ]


async def test_without_a_required_wrap_up_the_person_is_there_at_once(store: Store) -> None:
    offer = await a_talk(store)
    await store.end_talk(offer.id, at=START + 61_000)
    assert (await presence_of(store, ANNA)).state is PresenceState.AVAILABLE


async def test_the_end_of_the_call_ends_the_talk(store: Store) -> None:
    offer = await a_talk(store, wrap_up=True)
    await store.end_call(offer.call_id, CallEnd.CALLER_LEFT, job=JobId("job-1"), at=START + 5_000)

    ended = await store.offer(offer.id)
    assert ended is not None
    assert ended.ended_at == START + 5_000
    assert (await presence_of(store, ANNA)).state is PresenceState.WRAPPING_UP
    entry = await store.entry_of(offer.call_id)
    assert entry is not None
    assert entry.state is EntryState.TALKED


async def test_a_talk_that_is_not_connected_in_time_gives_the_caller_back(
    store: Store, clock: StoreClock
) -> None:
    await is_there(store, ANNA)
    entry = await waits(store)
    (offer,) = await rings(store, entry, ANNA)
    await takes(store, offer)
    with pytest.raises(StaleHandoff):  # there is still time
        await store.return_caller(offer.id, reason="nobody connected it", at=START, lapsed=True)
    clock.now += round(1000 * CONNECT_S)

    returned = await store.return_caller(offer.id, reason="nobody connected it", at=clock.now, lapsed=True)

    assert returned.returned
    back = await seen(store, entry)
    assert (back.state, back.person, back.started_at) == (EntryState.WAITING, None, START)
    assert (await presence_of(store, ANNA)).state is PresenceState.AVAILABLE
    with pytest.raises(StaleHandoff):
        await store.connect_talk(offer.id, at=clock.now)


async def test_of_two_accepts_at_once_exactly_one_wins(store: Store, other: Store) -> None:
    """Fifty rounds by two processes, which take turns at being first."""
    for number in range(50):
        await is_there(store, ANNA, BEN)
        entry = await waits(store, number)
        offers = await rings(store, entry, ANNA, BEN)
        stores = (store, other) if number % 2 else (other, store)
        answers = await asyncio.gather(
            *(takes(one, offer) for one, offer in zip(stores, offers, strict=True)), return_exceptions=True
        )
        (won,) = [answer for answer in answers if isinstance(answer, Offer)]
        (lost,) = [answer for answer in answers if answer is not won]
        assert isinstance(lost, StaleHandoff)
        assert (await seen(store, entry)).person == won.person
        await store.connect_talk(won.id, at=START)
        await store.end_talk(won.id, at=START)


async def test_every_move_is_an_event(store: Store) -> None:
    offer = await a_talk(store, wrap_up=True)
    await store.end_talk(offer.id, at=START)
    await store.wrap_up(offer.id, ANNA, code="solved", note="", at=START)
    told = {
        kind: [(event.moved_from, event.moved_to) for event in await store.events() if event.kind == kind]
        for kind in ("presence", "queue", "offer")
    }
    assert told == {
        "presence": [
            (None, "available"),
            ("available", "busy"),
            ("busy", "wrapping_up"),
            ("wrapping_up", "available"),
        ],
        "queue": [(None, "waiting"), ("waiting", "offered"), ("offered", "taken"), ("taken", "talked")],
        "offer": [
            (None, "offered"),
            ("offered", "accepted"),
            ("accepted", "connected"),
            ("connected", "ended"),
            ("ended", "wrapped_up"),
        ],
    }


async def test_what_people_wrote_goes_with_the_words_of_the_call(store: Store) -> None:
    offer = await a_talk(store)
    await store.end_call(offer.call_id, CallEnd.CALLER_LEFT, job=JobId("job-1"), at=START + 5_000)
    await store.wrap_up(offer.id, ANNA, code="solved", note="her dog is ill", at=START + 6_000)
    await store.purge_words(before=START + 10_000, at=START + 10_000)
    left = await store.offer(offer.id)
    assert left is not None
    assert (left.code, left.note) == ("solved", "")


async def test_finding_3_what_people_write_of_a_caller_who_was_forgotten_is_not_kept(store: Store) -> None:
    offer = await a_talk(store)
    await store.end_call(offer.call_id, CallEnd.CALLER_LEFT, job=JobId("job-1"), at=START + 5_000)
    assert await store.forget_call(offer.call_id, by="anna", at=START + 6_000)
    await store.keep_note(offer.id, ANNA, "her dog is")
    left = await store.offer(offer.id)
    assert left is not None
    assert left.note == ""
    await store.wrap_up(offer.id, ANNA, code="solved", note="her dog is ill", at=START + 7_000)
    left = await store.offer(offer.id)
    assert left is not None
    assert (left.code, left.note) == ("solved", "")
