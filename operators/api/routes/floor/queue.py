"""The queue for people, as it is now, and its figures over a time."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query, Response

from operators.api.resources import Parts
from operators.api.route_guards import OurParts, Who, floor_router
from operators.api.schemas.problems import refuses
from operators.api.schemas.requests import Instant
from operators.auth.security_log import Happened
from operators.floor import TARGET_S, Figures, LiveQueue, as_csv, figures, live_queue

router = floor_router("queue")

_DAY_MS = 86_400_000

Target = Annotated[float, Query(gt=0, le=86_400, description="the target time of an answer, in seconds")]


class Csv(Response):
    media_type = "text/csv"


_FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "A file", "content": {"text/csv": {"schema": {"type": "string"}}}}
}


@router.get("/queue", operation_id="show_queue")
async def show_queue(parts: OurParts) -> LiveQueue:
    """Who waits for a person, in order, with their place and expected wait; and where the people are."""
    return await live_queue(parts.context.store, parts.context.clock.now_ms())


@router.get("/queue/figures", operation_id="queue_figures", responses=refuses("not-valid"))
async def show_figures(
    parts: OurParts, since: Instant = None, until: Instant = None, target_s: Target = TARGET_S
) -> Figures:
    """Answered, answered in time, abandoned, per role; talks and wrap-ups, per person. Default: one day."""
    return await _figures(parts, since, until, target_s)


@router.get(
    "/queue/figures.csv",
    operation_id="export_queue_figures",
    response_class=Csv,
    responses=_FILE | refuses("not-valid"),
)
async def export_figures(
    parts: OurParts, who: Who, since: Instant = None, until: Instant = None, target_s: Target = TARGET_S
) -> Csv:
    """The same as CSV: a line for each role, then one for each person and role."""
    found = await _figures(parts, since, until, target_s)
    parts.gate.log.tell(Happened.EXPORT, who.name, of="queue", form="csv")
    return Csv(as_csv(found), headers={"Content-Disposition": 'attachment; filename="queue.csv"'})


async def _figures(parts: Parts, since: int | None, until: int | None, target_s: float) -> Figures:
    until = parts.context.clock.now_ms() + 1 if until is None else until
    since = until - _DAY_MS if since is None else since
    return await figures(parts.context.store, since=since, until=until, target_s=target_s)
