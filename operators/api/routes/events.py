"""The live event stream, which can resume."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Header, Query

from operators.act_refused import UnknownCall
from operators.api.route_guards import OurParts, Who, floor_router
from operators.api.schemas.problems import refuses
from operators.api.schemas.requests import LARGEST_MS
from operators.api.sse import EventStream, stream
from operators.refused import Refused
from persistence.access import Right
from persistence.records import CallId

router = floor_router("events")

OF_DESKS = frozenset({"presence", "queue", "offer", "message"})
"""The kinds of events that a person at a desk may follow without the right "read"."""

_LONGEST_ID = 15  # digits
After = Annotated[int | None, Query(ge=0, le=LARGEST_MS, description="start after this event; default: now")]
LastEventId = Annotated[
    str | None, Header(alias="Last-Event-ID", max_length=40, description="like `after`, and takes precedence")
]
OfCall = Annotated[str | None, Query(max_length=200, description="only the events of this call")]
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A stream: each event has its id, and its record as JSON",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}


@router.get(
    "/events",
    operation_id="follow_events",
    response_class=EventStream,
    responses=_STREAM | refuses("unknown-call", "cursor-unknown", "not-valid"),
)
async def follow_events(
    parts: OurParts, who: Who, call: OfCall = None, after: After = None, last_event_id: LastEventId = None
) -> EventStream:
    """Follow every change as it happens, as server-sent events. A stream can resume without a gap.

    With only the right "desk", the stream has the kinds presence, queue, offer and message.
    """
    store = parts.context.store
    if last_event_id:
        if not last_event_id.isdecimal() or len(last_event_id) > _LONGEST_ID:
            raise Refused("cursor-unknown", "Last-Event-ID is the id of an event, which is a number")
        after = int(last_event_id)
    if after is not None and not await store.has_written(after):
        latest = await store.latest_event()
        raise Refused("cursor-unknown", f"the newest event is {latest}; start without `after`", latest=latest)
    if call is not None and await store.call(CallId(call)) is None:
        raise UnknownCall(call)
    right = Right.READ if Right.READ in who.rights else Right.DESK
    end = parts.gate.limits.take(who.name, "streams")
    return EventStream(
        stream(
            store,
            parts.feed,
            after=after,
            call_id=CallId(call) if call is not None else None,
            kinds=None if right is Right.READ else OF_DESKS,
            welcome=lambda: parts.gate.still_welcome(who, right),
        ),
        end=end,
        headers={"X-Accel-Buffering": "no"},  # otherwise a proxy would buffer events
    )
