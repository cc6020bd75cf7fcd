"""Estimates how long each caller in the queue will wait, from past talks and who is at a desk. Pure.

The queue is played forward: the next free person takes the first caller they may take, for as long as a talk
takes. A talk that goes on takes as long as those did that had lasted as long. Nobody there: no estimate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean

from people.queue_rule import Floor
from persistence.people import EntryId, Offer, Person, PresenceState

ASSUMED_TALK_MS = 240_000
"""The length of a talk with its wrap-up while none is known. The first talk replaces it."""

_WORKING = {PresenceState.AVAILABLE, PresenceState.BUSY, PresenceState.WRAPPING_UP}


def expected_waits(floor: Floor) -> Mapping[EntryId, int]:
    """Ms from now, by entry; without those for whom nobody is there."""
    lengths = handling_times(floor.offers)
    free_at = _free_at(floor, lengths)
    typical = fmean(lengths)
    found: dict[EntryId, int] = {}
    for entry in floor.due:
        there = [person for person in entry.people if person in free_at]
        if not there:
            continue
        person = min(there, key=lambda one: free_at[one])
        found[entry.id] = round(free_at[person])
        free_at[person] += typical
    return found


def place_of(entry_id: EntryId, floor: Floor) -> int | None:
    """A caller's place, from 1: how many may be taken before, by any of the same people.

    None: not in the queue, or a call back that is not due yet.
    """
    ours = next((entry for entry in floor.due if entry.id == entry_id), None)
    if ours is None:
        return None
    before = floor.due[: floor.due.index(ours)]
    callers = (entry for entry in before if entry.asked_by is None)
    return 1 + sum(1 for entry in callers if set(entry.people) & set(ours.people))


def handling_times(offers: Sequence[Offer]) -> list[float]:
    """How long each past talk took a person, in ms: from its first ring until they were free. Never empty."""
    known = [
        float((offer.wrapped_up_at or offer.ended_at or 0) - offer.offered_at)
        for offer in offers
        if offer.connected_at is not None and offer.ended_at is not None and not offer.wants_wrap_up
    ]
    return known or [float(ASSUMED_TALK_MS)]


def _free_at(floor: Floor, lengths: Sequence[float]) -> dict[Person, float]:
    """When each person who works is free, in ms from now."""
    begun = {
        offer.person: floor.now - offer.offered_at
        for offer in floor.offers
        if offer.is_talk or offer.wants_wrap_up
    }
    return {
        presence.person: _left(begun[presence.person], lengths) if presence.person in begun else 0.0
        for presence in floor.presences
        if presence.state in _WORKING
        and (presence.person in begun or presence.state is PresenceState.AVAILABLE)
    }


def _left(lasted: float, lengths: Sequence[float]) -> float:
    """How much longer a talk takes that has lasted so long: as those did that lasted longer."""
    longer = [length - lasted for length in lengths if length > lasted]
    return fmean(longer) if longer else fmean(lengths) / 2
