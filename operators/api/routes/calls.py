"""The list of calls, and everything about one call."""

from __future__ import annotations

from operators.act_refused import UnknownCall
from operators.api.route_guards import OurParts, Who, watching_router
from operators.api.schemas import pagination as cursors
from operators.api.schemas.problems import refuses
from operators.api.schemas.requests import CallFilters, CallPath, Limit, Next
from operators.api.schemas.responses import Calls, OnTheCall, WholeCall
from operators.costs import costs_of
from operators.holds import holds_of, on_hold_ms
from persistence.contract.calls import Cursor
from persistence.records import CallId

router = watching_router("calls")

_MANY = 1_000  # a setting limits a call's handoffs to fewer


@router.get("/calls", operation_id="list_calls", responses=refuses("not-valid", "cursor-unknown"))
async def list_calls(parts: OurParts, filters: CallFilters, limit: Limit = 50, cursor: Next = None) -> Calls:
    """List calls, newest first."""
    found = await filters.page(parts.context.store, after=cursors.read(cursor), limit=limit + 1)
    items = list(found[:limit])
    more = cursors.written(Cursor(items[-1].started_at, items[-1].id)) if len(found) > limit else None
    return Calls(items=items, next=more)


@router.get("/calls/{call_id}", operation_id="show_call", responses=refuses("unknown-call", "not-valid"))
async def show_call(parts: OurParts, who: Who, call_id: CallPath) -> WholeCall:
    """Show everything about one call.

    That is its turns, handoffs, requests, troubles, tool uses, lookups, messages, holds, listeners and costs.
    """
    store, found = parts.context.store, CallId(call_id)
    last_event = await store.latest_event()  # first: events during the other reads are then sent again
    call = await store.call(found)
    if call is None:
        raise UnknownCall(call_id)
    parts.gate.log.reads(who.name, who.key, call=call_id)
    handoffs = list(await store.handoffs(call_id=found, limit=_MANY))
    events = await store.events(call_id=found)
    holds = holds_of(events)
    return WholeCall(
        call=call,
        turns=list(await store.turns(found)),
        handoffs=handoffs,
        requests=list(await store.requests(found)),
        troubles=list(await store.troubles(found)),
        tool_uses=list(await store.tool_uses(found)),
        lookups=[event for event in events if event.kind == "knowledge"],
        messages=list(await store.messages(call_id=found))[::-1],
        holds=holds,
        listeners=[
            OnTheCall(identity=one.identity, name=one.name, state=one.state, mode=one.mode)
            for one in await store.listeners_of(found)
        ],
        costs=costs_of(await store.costs(found), parts.prices),
        on_hold_ms=on_hold_ms(holds, handoffs, now=parts.context.clock.now_ms()),
        last_event=last_event,
    )
