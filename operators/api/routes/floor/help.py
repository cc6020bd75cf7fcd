"""Lists the people who ask for a supervisor's help, for the consoles of operators who may help."""

from __future__ import annotations

from operators.api.route_guards import OurParts, watching_router
from operators.api.schemas.people import AllHelpAsked, HelpAsked

router = watching_router("supervision")


@router.get("/help", operation_id="list_help_asked")
async def show_help_asked(parts: OurParts) -> AllHelpAsked:
    """List the talks whose person asks for help. Coaching, barging in or taking over answers them."""
    offers = await parts.context.store.offers(wants_help=True)
    asked = [
        HelpAsked(call_id=offer.call_id, person=offer.person, role=offer.role, asked_at=offer.help_at)
        for offer in offers
        if offer.help_at is not None
    ]
    return AllHelpAsked(items=sorted(asked, key=lambda one: one.asked_at))
