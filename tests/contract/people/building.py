"""Rows of people and their queue for the store's tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from persistence.contract.store import Store
from persistence.people import EntryId, Offer, OfferId, Person, PresenceState, QueueEntry
from persistence.records import CallId, JobId, RoleName
from tests.contract.building import START, a_call

ANNA, BEN = Person("Anna"), Person("Ben")
DESK = RoleName("service-desk")
RINGS_MS = 20_000
LEASE_S = 60.0
CONNECT_S = 30.0


def an_entry(
    number: int = 1, *, people: Sequence[Person] = (ANNA, BEN), started_at: int = START, **fields: Any
) -> QueueEntry:
    entry = QueueEntry(
        id=EntryId(f"entry-{number}"),
        call_id=CallId(f"call-{number}"),
        role=DESK,
        started_at=started_at,
        entered_at=started_at,
        people=tuple(people),
        rings_ms=RINGS_MS,
        moved_at=started_at,
    )
    return replace(entry, **fields)


async def waits(store: Store, number: int = 1, **fields: Any) -> QueueEntry:
    """Open a call whose caller waits for a person, and return the entry."""
    await store.open_call(a_call(call_id=f"call-{number}", room=f"room-{number}", job=JobId(f"job-{number}")))
    entry = await store.enter_queue(an_entry(number, **fields))
    assert entry is not None
    return entry


async def is_there(store: Store, *people: Person, at: int = START) -> None:
    """Make these people available."""
    for person in people:
        await store.set_presence(person, PresenceState.AVAILABLE, lease_s=LEASE_S, by=person, at=at)


async def rings(store: Store, entry: QueueEntry, *people: Person, at: int = START) -> list[Offer]:
    """Have the entry ring at these people's desks. A running service may have done so already."""
    offers = []
    for person in people:
        offer = await store.make_offer(OfferId(f"{entry.id} at {person}, {at}"), entry.id, person, at=at)
        if offer is None:
            open_ = await store.offers(person=person, open_only=True)
            (offer,) = [one for one in open_ if one.entry_id == entry.id]
        offers.append(offer)
    return offers


async def takes(store: Store, offer: Offer, *, at: int = START) -> Offer:
    return await store.accept_offer(offer.id, offer.person, connect_within_s=CONNECT_S, at=at)
