"""What a person does in the talk at their desk: hold, keys, handing over, asking for help."""

from __future__ import annotations

from operators.acts.desk_directory import directory
from operators.acts.desk_talk import (
    ask_for_help,
    ask_no_longer,
    hand_over,
    hold_caller,
    press_for_caller,
    resume_caller,
)
from operators.api.route_guards import OurParts, Who, desk_router
from operators.api.schemas.people import Directory, HandOver, OfferPath
from operators.api.schemas.problems import refuses
from operators.api.schemas.requests import Keys, Nothing
from persistence.people import Offer, OfferId, Person
from persistence.records import Call, Handoff, OperatorRequest, RoleName

router = desk_router("desk")

_TALK = refuses("unknown-offer", "offer-over", "call-over", "not-valid")


@router.get("/desk/directory", operation_id="show_directory")
async def show_directory(parts: OurParts, who: Who) -> Directory:
    """Every role: whether it is open, who of its people is there, and how many callers wait."""
    context = parts.context
    places = await directory(context.store, parts.roster, now=context.clock.now_ms())
    return Directory(person=who.name, places=list(places))


@router.post(
    "/desk/offers/{offer_id}/hold",
    status_code=202,
    operation_id="hold_own_caller",
    responses=_TALK | refuses("handoff-open", "on-hold"),
)
async def hold_own(parts: OurParts, who: Who, offer_id: OfferPath, body: Nothing | None = None) -> Call:
    """Have the caller at one's desk hear music, until `resume`."""
    return await hold_caller(parts.context, Person(who.name), OfferId(offer_id))


@router.post(
    "/desk/offers/{offer_id}/resume",
    status_code=202,
    operation_id="resume_own_caller",
    responses=_TALK | refuses("not-on-hold"),
)
async def resume_own(parts: OurParts, who: Who, offer_id: OfferPath, body: Nothing | None = None) -> Call:
    """Have person and caller hear each other again."""
    return await resume_caller(parts.context, Person(who.name), OfferId(offer_id))


@router.post(
    "/desk/offers/{offer_id}/keys",
    operation_id="press_own_keys",
    responses=_TALK | refuses("keys-refused", "keys-not-sent"),
)
async def press_own(parts: OurParts, who: Who, offer_id: OfferPath, body: Keys) -> OperatorRequest:
    """Press keys for the telephone of the caller at one's desk; answered once they were sent."""
    return await press_for_caller(parts.context, Person(who.name), OfferId(offer_id), body.keys)


@router.post(
    "/desk/offers/{offer_id}/hand-over",
    status_code=202,
    operation_id="hand_over_own_caller",
    responses=_TALK
    | refuses("handoff-open", "handoffs-spent", "target-not-allowed", "person-not-allowed", "words-refused"),
)
async def hand_own_over(parts: OurParts, who: Who, offer_id: OfferPath, body: HandOver) -> Handoff:
    """Hand the caller at one's desk over to another role, or to one of its people by name.

    If that fails, they are with the person again.
    """
    return await hand_over(
        parts.context,
        Person(who.name),
        OfferId(offer_id),
        RoleName(body.target),
        reason=body.reason,
        to=Person(body.person) if body.person else None,
    )


@router.post("/desk/offers/{offer_id}/help", operation_id="ask_for_help", responses=_TALK)
async def ask_help(parts: OurParts, who: Who, offer_id: OfferPath, body: Nothing | None = None) -> Offer:
    """Ask supervisors for help in one's talk, until one of them speaks in it; it is an event of the call."""
    return await ask_for_help(parts.context, Person(who.name), OfferId(offer_id))


@router.post("/desk/offers/{offer_id}/help/withdraw", operation_id="ask_for_no_help", responses=_TALK)
async def need_none(parts: OurParts, who: Who, offer_id: OfferPath, body: Nothing | None = None) -> Offer:
    """Ask for help no longer."""
    return await ask_no_longer(parts.context, Person(who.name), OfferId(offer_id))
