"""The desk of a person who takes calls: presence, what rings, wrap-ups."""

from __future__ import annotations

from operators.acts.desk import (
    LEASE_S,
    accept,
    at_desk,
    decline,
    keep_note,
    set_presence,
    wrap_up,
)
from operators.api.route_guards import OurParts, Who, desk_router
from operators.api.schemas.people import (
    CallBackDue,
    Decline,
    DeskRole,
    DeskView,
    Note,
    OfferPath,
    Where,
    WrapUp,
)
from operators.api.schemas.problems import refuses
from operators.api.schemas.requests import Nothing
from operators.auth.gate import Access
from operators.refused import Refused
from persistence.people import NOT_YET, Offer, OfferId, Person, Presence, PresenceState, QueueEntry

router = desk_router("desk")

_OFFER = refuses("unknown-offer", "offer-over", "not-valid")


@router.get("/desk", operation_id="show_desk")
async def show_desk(parts: OurParts, who: Who) -> DeskView:
    """Show your presence, what rings at your desk, and the roles that you may take."""
    last_event = await parts.context.store.latest_event()
    person = _person(who)
    now = parts.context.clock.now_ms()
    shown = await at_desk(parts.context, person)
    roles = [
        DeskRole(
            role=role.id,
            name=role.name,
            codes=list(role.desk.codes),
            wrap_up_required=role.desk.needs_wrap_up,
            is_open=role.desk.is_open(now),
        )
        for role in parts.roster.roles.values()
        if role.desk is not None and person in role.desk.people
    ]
    return DeskView(
        person=person,
        presence=shown.presence,
        offers=list(shown.offers),
        roles=roles,
        call_backs=[_due(entry) for entry in shown.call_backs],
        heartbeat_s=LEASE_S / 3,
        last_event=last_event,
    )


@router.post(
    "/desk/presence", operation_id="set_presence", responses=refuses("not-available-yet", "not-valid")
)
async def say_where(parts: OurParts, who: Who, body: Where) -> Presence:
    """Set your presence. Only people who are available get offers."""
    return await set_presence(parts.context, _person(who), PresenceState(body.state), body.reason)


@router.post("/desk/heartbeat", operation_id="beat", responses=refuses("no-presence", "not-valid"))
async def beat(parts: OurParts, who: Who, body: Nothing | None = None) -> Presence:
    """Report that your desk is open. Without heartbeats you are soon away; a heartbeat does not undo that."""
    presence = await parts.context.store.beat(_person(who), lease_s=LEASE_S)
    if presence is None:
        raise Refused("no-presence", "say where you are first: POST /desk/presence")
    return presence


@router.post("/desk/offers/{offer_id}/accept", operation_id="accept_offer", responses=_OFFER)
async def take(parts: OurParts, who: Who, offer_id: OfferPath, body: Nothing | None = None) -> Offer:
    """Take the caller. If several people do, one gets the caller; `taken_by` tells the others who it is."""
    return await accept(parts.context, _person(who), OfferId(offer_id))


@router.post("/desk/offers/{offer_id}/decline", operation_id="decline_offer", responses=_OFFER)
async def refuse(parts: OurParts, who: Who, offer_id: OfferPath, body: Decline) -> Offer:
    """Decline the caller. They ring here again after a minute, if nobody else has taken them."""
    return await decline(parts.context, _person(who), OfferId(offer_id), body.reason)


@router.post("/desk/offers/{offer_id}/note", operation_id="keep_note", responses=_OFFER)
async def write_note(parts: OurParts, who: Who, offer_id: OfferPath, body: Note) -> Offer:
    """Save your note while you write it, from the talk's beginning until its wrap-up."""
    return await keep_note(parts.context, _person(who), OfferId(offer_id), body.note)


@router.post(
    "/desk/offers/{offer_id}/wrap-up",
    operation_id="wrap_up",
    responses=refuses("unknown-offer", "offer-over", "code-unknown", "not-valid"),
)
async def write_up(parts: OurParts, who: Who, offer_id: OfferPath, body: WrapUp) -> Offer:
    """Write a talk's wrap-up, once. Afterwards you are available."""
    desks, offer = parts.roster.desks, OfferId(offer_id)
    return await wrap_up(parts.context, desks, _person(who), offer, code=body.code, note=body.note)


def _due(entry: QueueEntry) -> CallBackDue:
    return CallBackDue(
        role=entry.role,
        waits_since=entry.started_at,
        due_at=None if entry.not_before == NOT_YET else entry.not_before,
        tries=entry.tries,
        person=entry.person,
    )


def _person(who: Access) -> Person:
    return Person(who.name)
