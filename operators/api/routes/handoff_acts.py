"""Acts on an open handoff."""

from __future__ import annotations

from operators.acts import approve, cancel, redirect
from operators.api.route_guards import OurParts, Who, acting_router
from operators.api.schemas.problems import refuses
from operators.api.schemas.requests import Cancel, HandoffPath, Nothing, Redirect
from persistence.records import Handoff, HandoffId, RoleName

router = acting_router("acts on handoffs")

_MOVED = ("unknown-handoff", "stale-state", "not-valid")


@router.post("/handoffs/{handoff_id}/complete", operation_id="approve", responses=refuses(*_MOVED))
async def complete(
    parts: OurParts, who: Who, handoff_id: HandoffPath, body: Nothing | None = None
) -> Handoff:
    """Approve an accepted handoff that waits for an operator. The target then takes over."""
    return await approve(parts.context, HandoffId(handoff_id), by=who.name)


@router.post(
    "/handoffs/{handoff_id}/cancel", operation_id="cancel", responses=refuses(*_MOVED, "words-refused")
)
async def cancel_handoff(
    parts: OurParts, who: Who, handoff_id: HandoffPath, body: Cancel | None = None
) -> Handoff:
    """Cancel a handoff in any state that is not terminal."""
    reason = (body and body.reason) or ""
    return await cancel(parts.context, HandoffId(handoff_id), by=who.name, reason=reason)


@router.post(
    "/handoffs/{handoff_id}/redirect",
    operation_id="redirect",
    responses=refuses(*_MOVED, "target-not-allowed", "words-refused"),
)
async def redirect_handoff(parts: OurParts, who: Who, handoff_id: HandoffPath, body: Redirect) -> Handoff:
    """Redirect an open handoff to another target, with its own reason and note."""
    return await redirect(
        parts.context,
        HandoffId(handoff_id),
        RoleName(body.target),
        by=who.name,
        reason=body.reason,
        note=body.note,
    )
