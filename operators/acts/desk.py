"""A person's acts at their desk: setting their presence, answering offers, and writing wrap-ups.

A person is the operator of the same name. Raises: Refused, StoreError.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agents.roster.desk import Desk
from errors import StaleHandoff
from operators.acts.context import ActContext, kept_words
from operators.refused import Refused
from persistence.people import Offer, OfferId, Person, Presence, PresenceState, QueueEntry
from persistence.records import RoleName

LEASE_S = 45.0
"""A desk counts as closed after this time without a heartbeat. The page sends one every 15 s."""

CONNECT_WITHIN_S = 60.0
"""Limit from the acceptance until both hear each other. After that, the caller waits again."""

Desks = Mapping[RoleName, Desk]
"""The desks of the roles that people play."""


@dataclass(frozen=True, slots=True)
class AtDesk:
    """Everything that one person's desk shows. `offers`: ringing ones, the talk, and wrap-ups to write.

    `call_backs`: the entries that the person may call back.
    """

    presence: Presence | None
    offers: Sequence[Offer]
    call_backs: Sequence[QueueEntry]


async def at_desk(context: ActContext, person: Person) -> AtDesk:
    presences = await context.store.presences()
    presence = next((one for one in presences if one.person == person), None)
    offers = await context.store.offers(person=person, open_only=True)
    call_backs = [entry for entry in await context.store.call_backs() if person in entry.people]
    return AtDesk(presence, offers, call_backs)


async def set_presence(context: ActContext, person: Person, state: PresenceState, reason: str) -> Presence:
    """Set a person's presence. `reason` may be empty."""
    try:
        return await context.store.set_presence(
            person, state, reason=reason, lease_s=LEASE_S, by=person, at=context.clock.now_ms()
        )
    except StaleHandoff as stale:
        right = "end the talk, or write the wrap-up, and then be available"
        raise Refused("not-available-yet", right) from stale


async def accept(context: ActContext, person: Person, offer_id: OfferId) -> Offer:
    """Accept an offer. If several people accept, one gets the caller and the others' error names that one."""
    offer, _ = await _known(context, person, offer_id)
    try:
        return await context.store.accept_offer(
            offer.id, person, connect_within_s=CONNECT_WITHIN_S, at=context.clock.now_ms()
        )
    except StaleHandoff as stale:
        raise await _over(context, person, offer_id) from stale


async def decline(context: ActContext, person: Person, offer_id: OfferId, reason: str) -> Offer:
    offer, _ = await _known(context, person, offer_id)
    why = await kept_words(context, offer, reason)
    try:
        return await context.store.decline_offer(offer_id, person, reason=why, at=context.clock.now_ms())
    except StaleHandoff as stale:
        raise await _over(context, person, offer_id) from stale


async def keep_note(context: ActContext, person: Person, offer_id: OfferId, note: str) -> Offer:
    """Save a talk's note while the person writes it. The wrap-up starts from it, even after a reload."""
    offer, _ = await _known(context, person, offer_id)
    kept = await kept_words(context, offer, note, is_whole=False)
    try:
        return await context.store.keep_note(offer_id, person, kept)
    except StaleHandoff as stale:
        raise Refused(
            "offer-over", "the talk has not begun, or its wrap-up is written", taken_by=None
        ) from stale


async def wrap_up(
    context: ActContext, desks: Desks, person: Person, offer_id: OfferId, *, code: str, note: str
) -> Offer:
    """Write a talk's wrap-up, once. `code` must be one of the role's codes, or empty if it has none."""
    offer, _ = await _known(context, person, offer_id)
    desk = desks.get(offer.role)
    codes = desk.codes if desk else ()
    if code not in codes and (codes or code):
        raise Refused("code-unknown", f"use one of {', '.join(codes)}" if codes else "the role has no codes")
    kept = await kept_words(context, offer, note)
    try:
        return await context.store.wrap_up(offer_id, person, code=code, note=kept, at=context.clock.now_ms())
    except StaleHandoff as stale:
        raise Refused("offer-over", "the talk goes on, or its wrap-up is written") from stale


async def _known(context: ActContext, person: Person, offer_id: OfferId) -> tuple[Offer, QueueEntry]:
    """Return the offer to this person, and its entry. Another person's offer counts as unknown."""
    offer = await context.store.offer(offer_id)
    entry = None if offer is None else await context.store.entry(offer.entry_id)
    if offer is None or entry is None or offer.person != person:
        raise Refused("unknown-offer", "no offer to you has this id")
    return offer, entry


async def _over(context: ActContext, person: Person, offer_id: OfferId) -> Refused:
    """Return the error that says why an offer can no longer be answered."""
    offer, entry = await _known(context, person, offer_id)
    if entry.person is not None and entry.offer_id != offer.id:
        return Refused("offer-over", f"{entry.person} was first", taken_by=entry.person)
    return Refused("offer-over", f"it is {offer.outcome or 'over: it rang until its end'}", taken_by=None)
