"""Handoffs as files: CSV for spreadsheets, JSON for programs. With reasons, without turns and summaries."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from persistence.records import Handoff

TEXTS = (
    "id",
    "call_id",
    "from_role",
    "target",
    "reason",
    "requested_by",
    "state",
    "completes",
    "approved_by",
)
TIMES = ("requested_at", "accepted_at", "ended_at")
LENGTHS = ("seam_ms", "silence_ms")
COLUMNS = (*TEXTS, *TIMES, *LENGTHS)

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula; one may send data away, or start programs."""


def as_csv(handoffs: Iterable[Handoff], *, heading: bool = False) -> str:
    """Lines of CSV; times are ISO 8601 in UTC. What would be a formula begins with an apostrophe."""
    written = io.StringIO()
    writer = csv.writer(written)
    if heading:
        writer.writerow(COLUMNS)
    for handoff in handoffs:
        writer.writerow(
            [
                *(_text(getattr(handoff, name)) for name in TEXTS),
                *(_time(getattr(handoff, name)) for name in TIMES),
                *(getattr(handoff, name) for name in LENGTHS),
            ]
        )
    return written.getvalue()


def as_json(handoffs: Sequence[Handoff]) -> str:
    """The objects of a JSON array, without its brackets; times are milliseconds UTC."""
    return ",\n".join(
        json.dumps({name: getattr(handoff, name) for name in COLUMNS}, ensure_ascii=False)
        for handoff in handoffs
    )


def _text(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _time(at_ms: int | None) -> str:
    if at_ms is None:
        return ""
    return datetime.fromtimestamp(at_ms / 1000, tz=UTC).isoformat(timespec="milliseconds")
