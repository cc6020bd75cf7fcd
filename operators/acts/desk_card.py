"""The card about a ringing caller that a person reads before they accept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from operators.acts.context import ActContext
from operators.refused import Refused
from persistence.people import Offer, OfferId, Person
from persistence.records import Handoff, Turn
from transfer.holder.summary import from_row

LAST_TURNS = 6


@dataclass(frozen=True, slots=True)
class Card:
    """`facts`: what the caller said, by name. `waits_since`: when the caller began to wait, ms UTC.

    `call_back`: the caller is not on the line and is rung once the person has accepted. `asked_by`: the
    person who asks this one into their talk, with the reason in `matter`; None if a caller waits.
    """

    offer: Offer
    handoff: Handoff | None
    matter: str
    mood: str
    facts: Mapping[str, str]
    turns: Sequence[Turn]
    waits_since: int
    call_back: bool
    asked_by: Person | None = None


async def own_offer(context: ActContext, person: Person, offer_id: OfferId) -> Offer:
    """Return an offer to this person. Raises: Refused (no such offer, or another person's), StoreError."""
    offer = await context.store.offer(offer_id)
    if offer is None or offer.person != person:
        raise Refused("unknown-offer", "no offer to you has this id")
    return offer


async def own_talk(context: ActContext, person: Person, offer_id: OfferId) -> Offer:
    """Return the offer if this person is connected with the caller. Raises: Refused, StoreError."""
    offer = await own_offer(context, person, offer_id)
    if not offer.is_talk or offer.connected_at is None:
        raise Refused("offer-over", "the caller is not connected with you", taken_by=None)
    return offer


async def card_of(context: ActContext, person: Person, offer_id: OfferId) -> Card:
    """Return the card while the offer rings or the person has the caller. Raises: Refused, StoreError."""
    offer = await own_offer(context, person, offer_id)
    if offer.outcome is not None and not offer.is_talk:
        raise Refused("offer-over", "it rings no more, and you do not have the caller", taken_by=None)
    store = context.store
    entry = await store.entry(offer.entry_id)
    latest = next(iter(await store.handoffs(call_id=offer.call_id, limit=1)), None)
    summary = None if latest is None else from_row(latest)
    asking = None if entry is None or entry.asked_by is None else await store.offer(entry.asked_by)
    asked_for = entry.asked_for if entry else ""
    turns = [turn for turn in await store.turns(offer.call_id) if not turn.nod]
    return Card(
        offer=offer,
        handoff=latest,
        matter=asked_for or (summary and summary.matter) or (latest.reason if latest else ""),
        mood=summary.mood if summary else "",
        facts=summary.facts if summary else {},
        turns=turns[-LAST_TURNS:],
        waits_since=entry.started_at if entry else offer.offered_at,
        call_back=entry is not None and entry.call_back,
        asked_by=asking.person if asking else None,
    )
