"""What a person does in their talk: hold, keys, hand over, ask a second person in, ask for help."""

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
    | refuses("handoff-open", "handoffs-spent", "target-not-allowed", "person-not-allowed", "words-refused")
    | refuses("second-person"),
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


@router.post(
    "/desk/offers/{offer_id}/second",
    status_code=202,
    operation_id="ask_in",
    responses=_TALK
    | refuses("second-person", "handoff-open", "target-not-allowed", "person-not-allowed", "words-refused"),
)
async def ask_second_in(parts: OurParts, who: Who, offer_id: OfferPath, body: AskIn) -> AskedIn:
    """Ask a second person into one's talk, by role or by name: it rings at their desks like a caller.

    While the caller is on hold, the two are alone with each other.
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
    """Ask nobody in any longer; a second person who is there leaves the talk."""
    return await dismiss(parts.context, Person(who.name), OfferId(offer_id))


@router.post(
    "/desk/offers/{offer_id}/leave", operation_id="leave_talk", responses=_TALK | refuses("nobody-else")
)
async def leave_own(parts: OurParts, who: Who, offer_id: OfferPath, body: Nothing | None = None) -> Offer:
    """Leave the talk to the other person, who has the caller from now on."""
    return await leave(parts.context, Person(who.name), OfferId(offer_id))


@router.post("/desk/offers/{offer_id}/help", operation_id="ask_for_help", responses=_TALK)
async def ask_help(parts: OurParts, who: Who, offer_id: OfferPath, body: Nothing | None = None) -> Offer:
    """Ask supervisors for help in one's talk, until one of them speaks in it; it is an event of the call."""
    return await ask_for_help(parts.context, Person(who.name), OfferId(offer_id))


@router.post("/desk/offers/{offer_id}/help/withdraw", operation_id="ask_for_no_help", responses=_TALK)
async def need_none(parts: OurParts, who: Who, offer_id: OfferPath, body: Nothing | None = None) -> Offer:
    """Ask for help no longer."""
    return await ask_no_longer(parts.context, Person(who.name), OfferId(offer_id))
