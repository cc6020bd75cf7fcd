"""What a person does with the caller at their desk: hold, and handing over by the directory."""

from __future__ import annotations

from operators.acts.desk_directory import directory
from operators.acts.desk_talk import hand_over, hold_caller, resume_caller
from operators.api.route_guards import OurParts, Who, desk_router
from operators.api.schemas.people import Directory, HandOver, OfferPath
from operators.api.schemas.problems import refuses
from operators.api.schemas.requests import Nothing
from persistence.people import OfferId, Person
from persistence.records import Call, Handoff, RoleName

router = desk_router("desk")

_TALK = refuses("unknown-offer", "offer-over", "call-over", "not-valid")


@router.get("/desk/directory", operation_id="show_directory")
async def show_directory(parts: OurParts) -> Directory:
    """Every role: whether it is open, how many of its people are available, and how many callers wait."""
    context = parts.context
    return Directory(places=list(await directory(context.store, parts.roster, now=context.clock.now_ms())))


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
    "/desk/offers/{offer_id}/hand-over",
    status_code=202,
    operation_id="hand_over_own_caller",
    responses=_TALK | refuses("handoff-open", "handoffs-spent", "target-not-allowed", "words-refused"),
)
async def hand_own_over(parts: OurParts, who: Who, offer_id: OfferPath, body: HandOver) -> Handoff:
    """Hand the caller at one's desk over to another role. If that fails, they are with the person again."""
    target = RoleName(body.target)
    return await hand_over(parts.context, Person(who.name), OfferId(offer_id), target, reason=body.reason)
