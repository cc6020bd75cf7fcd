"""The figures of people on every store: talks handed over, midnight, and what the purge leaves."""

from __future__ import annotations

from dataclasses import replace

from persistence.contract.store import Store
from persistence.people import Offer, Person, Talks
from persistence.records import CallEnd, HandoffState
from tests.contract.building import PATHS, START, TARGET, a_call, a_handoff, move
from tests.contract.people.building import ANNA, DESK, an_entry, is_there, rings, takes, waits

LATER = START + 1_000_000


async def a_talk(store: Store) -> Offer:
    await is_there(store, ANNA)
    await store.open_call(a_call())
    entry = await store.enter_queue(an_entry())
    assert entry is not None
    (offer,) = await rings(store, entry, ANNA)
    await takes(store, offer)
    return await store.connect_talk(offer.id, at=START + 1_000)


async def hands_over(store: Store, *, by: str, ends: HandoffState = HandoffState.COMPLETED) -> None:
    asked = replace(
        a_handoff(key=f"{by} {ends}"), from_role=DESK, requested_by=by, requested_at=START + 2_000
    )
    handoff = await store.request_handoff(asked, at_most=5)
    for step in PATHS[ends]:
        handoff = await move(store, handoff, step)


async def talks(store: Store) -> Talks:
    (found,) = await store.talks(since=START, until=LATER)
    return found


async def test_a_talk_that_the_person_hands_over_is_a_transfer(store: Store) -> None:
    offer = await a_talk(store)
    await hands_over(store, by=ANNA)
    await store.end_talk(offer.id, at=START + 3_000)
    assert (await talks(store)).transfers == 1


async def test_a_handoff_that_fails_or_that_an_operator_asked_for_is_no_transfer_of_the_person(
    store: Store,
) -> None:
    await a_talk(store)
    await hands_over(store, by=ANNA, ends=HandoffState.UNANSWERED)
    assert (await talks(store)).transfers == 0
    later = replace(a_handoff(handoff_id="second", key="second"), from_role=DESK, requested_by="Vera")
    await store.request_handoff(replace(later, requested_at=START + 2_500), at_most=5)
    assert (await talks(store)).transfers == 0


async def test_who_comes_at_midnight_counts_in_the_day_that_begins(store: Store) -> None:
    await waits(store, 1, started_at=START - 1)
    await waits(store, 2, started_at=START)
    for since, until in ((START - 1_000, START), (START, START + 1_000)):
        (day,) = await store.waits(since=since, until=until, target_ms=20_000)
        assert day.entered == 1


async def test_the_figures_are_the_same_once_words_and_numbers_are_purged(store: Store) -> None:
    offer = await a_talk(store)
    await hands_over(store, by=ANNA)
    await store.end_talk(offer.id, at=START + 3_000)
    await store.wrap_up(offer.id, Person("Anna"), code="solved", note="private words", at=START + 9_000)
    await store.end_call(offer.call_id, CallEnd.CALLER_LEFT, job=TARGET, at=START + 10_000)
    before = await figures(store)
    assert await store.purge_words(before=LATER, at=LATER)
    assert await store.purge_numbers(before=LATER, at=LATER)
    assert await figures(store) == before
    written = await store.offer(offer.id)
    assert written is not None
    assert written.note == ""


async def figures(store: Store) -> object:
    found = await store.waits(since=START, until=LATER, target_ms=20_000)
    assert found
    return found, await talks(store)
