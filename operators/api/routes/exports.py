"""All handoffs of a period, as a file; reads the store page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from operators.api.resources import Parts
from operators.api.route_guards import OurParts, Who, watching_router
from operators.api.schemas.problems import refuses
from operators.api.schemas.requests import Filters
from operators.api.stream_limits import Held
from operators.auth.gate import Access
from operators.auth.security_log import Happened
from operators.export import as_csv, as_json
from persistence.records import Handoff

router = watching_router("handoffs")

Pages = AsyncIterator[Sequence[Handoff]]


class Csv(Held):
    media_type = "text/csv"


class Json(Held):
    media_type = "application/json"


def _file(media_type: str, schema: dict[str, Any]) -> dict[int | str, dict[str, Any]]:
    return {
        200: {"description": "A file", "content": {media_type: {"schema": schema}}},
        **refuses("not-valid"),
    }


_CSV = _file("text/csv", {"type": "string"})
_JSON = _file("application/json", {"type": "array", "items": {"type": "object"}})


@router.get("/handoffs.csv", operation_id="export_csv", response_class=Csv, responses=_CSV)
async def export_csv(parts: OurParts, who: Who, filters: Filters) -> Csv:
    """Export all matching handoffs as CSV, newest first: UTF-8, with a header line.

    Turns and summaries are left out.
    """
    pages = filters.pages(parts.context.store)
    first = await _first(pages)
    return Csv(_csv(first, pages), end=_begun(parts, who, "csv"), headers=_named("handoffs.csv"))


@router.get("/handoffs.json", operation_id="export_json", response_class=Json, responses=_JSON)
async def export_json(parts: OurParts, who: Who, filters: Filters) -> Json:
    """Export all matching handoffs as an array of JSON objects, newest first, without turns and summaries."""
    pages = filters.pages(parts.context.store)
    first = await _first(pages)
    return Json(_json(first, pages), end=_begun(parts, who, "json"), headers=_named("handoffs.json"))


def _begun(parts: Parts, who: Access, form: str) -> Callable[[], None]:
    """Count and log an export, and return the function that ends it. Raises: Refused."""
    end = parts.gate.limits.take(who.name, "exports")
    parts.gate.log.tell(Happened.EXPORT, who.name, of="handoffs", form=form)
    return end


async def _first(pages: Pages) -> Sequence[Handoff]:
    """Read a page before the answer starts, so that a store error still becomes a problem document."""
    async for page in pages:
        return page
    return ()


async def _csv(first: Sequence[Handoff], pages: Pages) -> AsyncIterator[str]:
    yield as_csv(first, heading=True)
    async for page in pages:
        yield as_csv(page)


async def _json(first: Sequence[Handoff], pages: Pages) -> AsyncIterator[str]:
    yield f"[{as_json(first)}"
    async for page in pages:
        yield f",\n{as_json(page)}"
    yield "]\n"


def _named(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
