"""A person's acts in their talk: hold, keys, hand over, ask a second person in, ask for help."""

from __future__ import annotations

from operators.acts.desk_directory import directory
from operators.acts.desk_second import ask_in, dismiss, leave
from operators.acts.desk_talk import (
    ask_for_help,
    ask_no_longer,
    hand_over,
    hold_caller,
    press_for_caller,
    resume_caller,
)
from operators.api.route_guards import OurParts, Who, desk_router
from operators.api.schemas.people import AskedIn, AskIn, Directory, HandOver, OfferPath
from operators.api.schemas.problems import refuses
from operators.api.schemas.requests import Keys, Nothing
from persistence.people import Offer, OfferId, Person
from persistence.records import Call, Handoff, OperatorRequest, RoleName

router = desk_router("desk")

_TALK = refuses("unknown-offer", "offer-over", "call-over", "not-valid")


@router.get("/desk/directory", operation_id="show_directory")
async def show_directory(parts: OurParts, who: Who) -> Directory:
    """List every role: whether it is open, which of its people are there, and how many callers wait."""
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
    """Put the caller at your desk on hold, with music, until `resume`."""
    return await hold_caller(parts.context, Person(who.name), OfferId(offer_id))


@router.post(
    "/desk/offers/{offer_id}/resume",
    status_code=202,
    operation_id="resume_own_caller",
    responses=_TALK | refuses("not-on-hold"),
)
async def resume_own(parts: OurParts, who: Who, offer_id: OfferPath, body: Nothing | None = None) -> Call:
    """Take the caller at your desk off hold: you and the caller hear each other again."""
    return await resume_caller(parts.context, Person(who.name), OfferId(offer_id))


@router.post(
    "/desk/offers/{offer_id}/keys",
    operation_id="press_own_keys",
    responses=_TALK | refuses("keys-refused", "keys-not-sent"),
)
async def press_own(parts: OurParts, who: Who, offer_id: OfferPath, body: Keys) -> OperatorRequest:
    """Press keys for the telephone of the caller at your desk. The answer comes once they were sent."""
    return await press_for_caller(parts.context, Person(who.name), OfferId(offer_id), body.keys)


@router.post(
    "/desk/offers/{offer_id}/hand-over",
    status_code=202,
    operation_id="hand_over_own_caller",
    responses=_TALK
    | refuses("handoff-open", "handoffs-spent", "target-not-allowed", "person-not-allowed", "words-refused")
    | refuses("second-person"),
)
async def hand_own_over(parts: OurParts, who: Who, offer_id: OfferPath, body: HandOver) -> Handoff:
    """Hand the caller at your desk over to another role, or to one of its people by name.

    If that fails, the caller is with you again.
    """
    return await hand_over(
        parts.context,
        Person(who.name),
        OfferId(offer_id),
        RoleName(body.target),
        reason=body.reason,
        to=Person(body.person) if body.person else None,
    )


@router.post(
    "/desk/offers/{offer_id}/second",
    status_code=202,
    operation_id="ask_in",
    responses=_TALK
    | refuses("second-person", "handoff-open", "target-not-allowed", "person-not-allowed", "words-refused"),
)
async def ask_second_in(parts: OurParts, who: Who, offer_id: OfferPath, body: AskIn) -> AskedIn:
    """Ask a second person into your talk, by role or by name. It rings at their desks like a caller.

    While the caller is on hold, you and the second person hear only each other.
    """
    entry = await ask_in(
        parts.context,
        parts.roster.desks,
        Person(who.name),
        OfferId(offer_id),
        RoleName(body.role),
        to=Person(body.person) if body.person else None,
        reason=body.reason,
    )
    return AskedIn(role=entry.role, people=list(entry.people))


@router.post("/desk/offers/{offer_id}/second/dismiss", operation_id="dismiss_second", responses=_TALK)
async def dismiss_second(
    parts: OurParts, who: Who, offer_id: OfferPath, body: Nothing | None = None
) -> Offer:
    """Withdraw the request to a second person. If they are already there, they leave the talk."""
    return await dismiss(parts.context, Person(who.name), OfferId(offer_id))


@router.post(
    "/desk/offers/{offer_id}/leave", operation_id="leave_talk", responses=_TALK | refuses("nobody-else")
)
async def leave_own(parts: OurParts, who: Who, offer_id: OfferPath, body: Nothing | None = None) -> Offer:
    """Leave the talk. The other person has the caller from now on."""
    return await leave(parts.context, Person(who.name), OfferId(offer_id))


@router.post("/desk/offers/{offer_id}/help", operation_id="ask_for_help", responses=_TALK)
async def ask_help(parts: OurParts, who: Who, offer_id: OfferPath, body: Nothing | None = None) -> Offer:
    """Ask supervisors for help in your talk, until one of them speaks in it. The call's events record it."""
    return await ask_for_help(parts.context, Person(who.name), OfferId(offer_id))


@router.post("/desk/offers/{offer_id}/help/withdraw", operation_id="ask_for_no_help", responses=_TALK)
async def need_none(parts: OurParts, who: Who, offer_id: OfferPath, body: Nothing | None = None) -> Offer:
    """Withdraw your request for help. A supervisor who has already come stays."""
    return await ask_no_longer(parts.context, Person(who.name), OfferId(offer_id))
