"""Help asked of a supervisor, a person who is lost, the note, one person by name: on every store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from errors import StaleHandoff
from persistence.access import Listener, ListenerMode, ListenerState
from persistence.contract.store import Store
from persistence.people import Help, Offer, OfferId, Person
from tests.contract.building import START, a_call, a_handoff
from tests.contract.people.building import ANNA, BEN, is_there, rings, takes, waits
from tests.contract.people.test_store_people import a_talk, seen


async def told(store: Store, offer: Offer) -> Sequence[tuple[str | None, str, str, int]]:
    """Return what happened in the talk after it was connected."""
    events = [one for one in await store.events(call_id=offer.call_id) if one.subject == offer.id]
    moves = [(one.moved_from, one.moved_to, one.actor, one.at - START) for one in events]
    return moves[1 + next(n for n, move in enumerate(moves) if move[1] == "connected") :]


async def supervised(store: Store, offer: Offer, mode: ListenerMode, *, at: int) -> None:
    listener = Listener("listener-1", offer.call_id, "Ida", "hash", ListenerState.ASKED, at, at)
    await store.add_listener(listener)
    await store.supervise("listener-1", mode, name="Ida", at=at)


async def test_help_is_asked_for_once_withdrawn_and_given_by_a_supervisor_who_speaks(store: Store) -> None:
    offer = await a_talk(store)
    asked = await store.move_help(offer.id, ANNA, Help.ASKED, at=START + 2_000)
    assert asked.wants_help
    assert [one.id for one in await store.offers(wants_help=True)] == [offer.id]
    for person, move in ((ANNA, Help.ASKED), (BEN, Help.WITHDRAWN)):
        with pytest.raises(StaleHandoff):
            await store.move_help(offer.id, person, move, at=START + 3_000)
    await store.move_help(offer.id, ANNA, Help.WITHDRAWN, at=START + 3_000)
    assert not await store.offers(wants_help=True)
    await store.move_help(offer.id, ANNA, Help.ASKED, at=START + 4_000)

    await supervised(store, offer, ListenerMode.COACH, at=START + 5_000)

    given = await store.offer(offer.id)
    assert given is not None
    assert (given.help, given.help_by) == (Help.GIVEN, "Ida")
    assert await told(store, offer) == [
        ("connected", "help_asked", ANNA, 2_000),
        ("help_asked", "help_withdrawn", ANNA, 3_000),
        ("connected", "help_asked", ANNA, 4_000),
        ("help_asked", "help_given", "Ida", 5_000),
    ]


async def test_nobody_is_asked_for_help_before_a_talk_or_after_it(store: Store) -> None:
    await is_there(store, ANNA)
    (offer,) = await rings(store, await waits(store), ANNA)
    await takes(store, offer)
    with pytest.raises(StaleHandoff):
        await store.move_help(offer.id, ANNA, Help.ASKED, at=START + 1)
    await store.connect_talk(offer.id, at=START + 1)
    await store.move_help(offer.id, ANNA, Help.ASKED, at=START + 2)
    await store.end_talk(offer.id, at=START + 3)
    assert not await store.offers(wants_help=True), "it ended with the talk"
    with pytest.raises(StaleHandoff):
        await store.move_help(offer.id, ANNA, Help.WITHDRAWN, at=START + 4)


async def test_a_person_who_is_lost_in_a_talk_and_comes_back_is_told_each_time(store: Store) -> None:
    offer = await a_talk(store)
    with pytest.raises(StaleHandoff):
        await store.find_person(offer.id, at=START + 1_500)
    await store.lose_person(offer.id, at=START + 2_000)
    with pytest.raises(StaleHandoff):
        await store.lose_person(offer.id, at=START + 2_500)
    back = await store.find_person(offer.id, at=START + 3_000)
    assert (back.lost_at, back.back_at) == (START + 2_000, START + 3_000)
    again = await store.lose_person(offer.id, at=START + 4_000)
    assert (again.lost_at, again.back_at) == (START + 4_000, None)
    assert await told(store, offer) == [
        ("connected", "lost", "rule", 2_000),
        ("lost", "back", ANNA, 3_000),
        ("connected", "lost", "rule", 4_000),
    ]


async def test_the_note_is_kept_while_it_is_written_until_the_wrap_up_has_it(
    store: Store, other: Store
) -> None:
    offer = await a_talk(store, wrap_up=True)
    await store.keep_note(offer.id, ANNA, "they were")
    kept = await other.offer(offer.id)
    assert kept is not None
    assert (kept.note, kept.wrapped_up_at) == ("they were", None)
    with pytest.raises(StaleHandoff):
        await store.keep_note(offer.id, BEN, "not Ben's")
    await store.end_talk(offer.id, at=START + 2_000)
    await store.keep_note(offer.id, ANNA, "they were curious")
    await store.wrap_up(offer.id, ANNA, code="", note="they were only curious", at=START + 3_000)
    with pytest.raises(StaleHandoff):
        await store.keep_note(offer.id, ANNA, "too late")


async def test_an_entry_for_one_person_alone_rings_at_nobody_elses_desk_until_it_is_for_all(
    store: Store,
) -> None:
    await is_there(store, ANNA, BEN)
    entry = await waits(store, people=(BEN,))
    assert await store.make_offer(OfferId("to Anna"), entry.id, ANNA, at=START) is None
    (offer,) = await rings(store, entry, BEN)
    await store.decline_offer(offer.id, BEN, reason="not now", at=START)

    wide = await store.widen_entry(entry.id, (ANNA, BEN))

    assert (wide.people, wide.started_at) == ((ANNA, BEN), entry.started_at)
    assert await store.make_offer(OfferId("to Ben"), entry.id, BEN, at=START + 1) is None, "he has declined"
    (offer,) = await rings(store, entry, ANNA)
    await takes(store, offer)
    with pytest.raises(StaleHandoff):
        await store.widen_entry(entry.id, (BEN,))
    assert (await seen(store, entry)).person == ANNA


async def test_a_handoff_may_be_for_one_person(store: Store) -> None:
    await store.open_call(a_call())
    await store.request_handoff(replace(a_handoff(), person=Person("Anna")), at_most=5)
    (found,) = await store.handoffs()
    assert found.person == "Anna"
