"""The queue's rule: what has to happen now. Pure: rows and a time in, moves out.

A person gets the first caller that they may take: by priority, then by the original start. A caller
rings at the desks of all who are free for them, so nobody who came later can be taken before. It needs
no state: the next process to run it, after any other has died, finds the same moves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from persistence.people import (
    DECLINED_FOR_MS,
    EntryId,
    EntryState,
    Offer,
    OfferId,
    OfferOutcome,
    Person,
    Presence,
    PresenceState,
    QueueEntry,
)

EARLIER_CALLER = "an earlier caller waits"
"""Why an offer is withdrawn when a caller with an earlier place is in the queue (again)."""


@dataclass(frozen=True, slots=True)
class Floor:
    """What the rule looks at. `queue`: in order. `offers`: those of the last hour, and every open one."""

    presences: Sequence[Presence]
    queue: Sequence[QueueEntry]
    offers: Sequence[Offer]
    now: int

    def is_free(self, presence: Presence) -> bool:
        return presence.state is PresenceState.AVAILABLE and presence.lease_until >= self.now

    def first_for(self, person: Person) -> QueueEntry | None:
        """The caller whose turn it is at this person's desk."""
        declined = {
            offer.entry_id
            for offer in self.offers
            if offer.person == person
            and offer.outcome is OfferOutcome.DECLINED
            and (offer.answered_at or 0) > self.now - DECLINED_FOR_MS
        }
        return next(
            (
                entry
                for entry in self.queue
                if person in entry.people and entry.id not in declined and entry.not_before <= self.now
            ),
            None,
        )

    @property
    def due(self) -> Sequence[QueueEntry]:
        """Whom somebody may take now: all but call backs whose time has not come."""
        return [entry for entry in self.queue if entry.not_before <= self.now]

    @property
    def ringing(self) -> Sequence[Offer]:
        return [offer for offer in self.offers if offer.outcome is None]


def missed(floor: Floor) -> Iterator[OfferId]:
    """Offers that have rung until their end."""
    return (offer.id for offer in floor.ringing if offer.ends_at <= floor.now)


def lapsed(floor: Floor) -> Iterator[Offer]:
    """Accepted offers that nobody connected in time: the caller waits again, in their old place."""
    for offer in floor.offers:
        if offer.is_talk and offer.connected_at is None and offer.ends_at <= floor.now:
            yield offer


def overflowing(floor: Floor) -> Iterator[QueueEntry]:
    """Callers who have waited as long as their role lets them."""
    for entry in floor.queue:
        if entry.overflows_at is not None and entry.overflows_at <= floor.now:
            yield entry


def overtaking(floor: Floor) -> Iterator[OfferId]:
    """Offers for which an earlier caller waits who rings nowhere: one who came back, or has priority."""
    for offer in floor.ringing:
        first = floor.first_for(offer.person)
        if first is not None and first.id != offer.entry_id and first.state is EntryState.WAITING:
            yield offer.id


def due(floor: Floor) -> Iterator[tuple[EntryId, Person]]:
    """Who rings where next. Each free desk at which nothing rings gets the first caller for it."""
    rung = {offer.person for offer in floor.ringing}
    for presence in by_idleness(filter(floor.is_free, floor.presences)):
        if presence.person not in rung and (first := floor.first_for(presence.person)) is not None:
            yield first.id, presence.person


def by_idleness(presences: Iterable[Presence]) -> list[Presence]:
    """The person who has been free for longest comes first."""
    return sorted(presences, key=lambda presence: (presence.since, presence.person))
