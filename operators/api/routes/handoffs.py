"""The filtered list of handoffs, and everything about one."""

from __future__ import annotations

import asyncio

from operators.act_refused import UnknownHandoff
from operators.api.route_guards import OurParts, Who, watching_router
from operators.api.schemas import pagination as cursors
from operators.api.schemas.problems import refuses
from operators.api.schemas.requests import Filters, HandoffPath, Limit, Next
from operators.api.schemas.responses import Handoffs, WholeHandoff
from persistence.contract.calls import Cursor
from persistence.records import HandoffId

router = watching_router("handoffs")


@router.get("/handoffs", operation_id="list_handoffs", responses=refuses("not-valid", "cursor-unknown"))
async def list_handoffs(
    parts: OurParts, who: Who, filters: Filters, limit: Limit = 50, cursor: Next = None
) -> Handoffs:
    """List handoffs, newest first."""
    found = await filters.page(parts.context.store, after=cursors.read(cursor), limit=limit + 1)
    await asyncio.sleep(0)  # reading rows and writing JSON both take long: yield to the loop in between
    items = list(found[:limit])
    if items:  # each handoff has its summary
        parts.gate.log.reads(who.name, who.key, of="handoffs")
    more = cursors.written(Cursor(items[-1].requested_at, items[-1].id)) if len(found) > limit else None
    return Handoffs(items=items, next=more)


@router.get(
    "/handoffs/{handoff_id}", operation_id="show_handoff", responses=refuses("unknown-handoff", "not-valid")
)
async def show_handoff(parts: OurParts, who: Who, handoff_id: HandoffPath) -> WholeHandoff:
    """Show one handoff with its attempts and events."""
    store, found = parts.context.store, HandoffId(handoff_id)
    handoff = await store.handoff(found)
    if handoff is None:
        raise UnknownHandoff(handoff_id)
    parts.gate.log.reads(who.name, who.key, handoff=handoff_id)
    return WholeHandoff(
        handoff=handoff,
        attempts=list(await store.attempts(found)),
        events=list(await store.handoff_events(found)),
    )
