"""The queue for people, as it is now, and its figures by day."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import Depends, Query, Response
from pydantic import BeforeValidator

from operators.api.resources import Parts
from operators.api.route_guards import OurParts, Who, floor_router
from operators.api.schemas.problems import refuses
from operators.auth.security_log import Happened
from operators.floor import LiveQueue, live_queue
from operators.floor_figures import AT_MOST_DAYS, TARGET_S, Figures, as_csv, figures, latest_day, zones_of
from operators.refused import Refused

router = floor_router("queue")

Target = Annotated[float, Query(gt=0, le=86_400, description="the target time of an answer, in seconds")]


_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_YEARS = range(2000, 3000)


def _day(value: object) -> object:
    """Parse a day. Pydantic alone also accepts numbers, and years that no time zone can place."""
    if isinstance(value, str):
        with suppress(ValueError):
            if _DAY.fullmatch(value) and (day := date.fromisoformat(value)).year in _YEARS:
                return day
        raise ValueError("should be a day since 2000, such as 2026-11-28")
    return value


Day = Annotated[date | None, BeforeValidator(_day)]


async def _period(
    first: Annotated[Day, Query(alias="from", description="the first day; default: the last")] = None,
    last: Annotated[
        Day, Query(alias="to", description="the last day; default: today, in each role's zone")
    ] = None,
) -> tuple[date | None, date | None]:
    if first and last and first > last:
        raise _not_valid(f"should be no later than ?to, {last}")
    return first, last


Period = Annotated[tuple[date | None, date | None], Depends(_period)]


class Csv(Response):
    media_type = "text/csv"


_FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "A file", "content": {"text/csv": {"schema": {"type": "string"}}}}
}


@router.get("/queue", operation_id="show_queue")
async def show_queue(parts: OurParts) -> LiveQueue:
    """Show who waits for a person, in order, with place and expected wait, and the people's presence."""
    return await live_queue(parts.context.store, parts.context.clock.now_ms())


@router.get("/queue/figures", operation_id="queue_figures", responses=refuses("not-valid"))
async def show_figures(parts: OurParts, period: Period, target_s: Target = TARGET_S) -> Figures:
    """Show figures by day. Per role: answered, in time, abandoned. Per person: talks, wrap-ups.

    Without a period, the figures are of today.
    """
    return await _figures(parts, period, target_s)


@router.get(
    "/queue/figures.csv",
    operation_id="export_queue_figures",
    response_class=Csv,
    responses=_FILE | refuses("not-valid"),
)
async def export_figures(parts: OurParts, who: Who, period: Period, target_s: Target = TARGET_S) -> Csv:
    """Export the figures as CSV: by day, a line for each role, then one for each person and role."""
    found = await _figures(parts, period, target_s)
    parts.gate.log.tell(Happened.EXPORT, who.name, of="queue", form="csv")
    return Csv(as_csv(found), headers={"Content-Disposition": 'attachment; filename="queue.csv"'})


async def _figures(parts: Parts, period: tuple[date | None, date | None], target_s: float) -> Figures:
    first, last = period
    now = parts.context.clock.now_ms()
    zones = zones_of(parts.roster.desks)
    if first and (last or latest_day(zones, now)) - first >= timedelta(days=AT_MOST_DAYS):
        raise _not_valid(f"should leave {AT_MOST_DAYS} days at most")
    return await figures(parts.context.store, zones, first=first, last=last, target_s=target_s, now=now)


def _not_valid(detail: str) -> Refused:
    return Refused("not-valid", f"?from: {detail}", errors=[{"pointer": "?from", "detail": detail}])
