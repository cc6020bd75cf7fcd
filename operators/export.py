"""Exports handoffs, without turns and summaries, as CSV for spreadsheets and as JSON for programs."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
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
    "redirected_by",
    "redirect_reason",
)
TIMES = ("requested_at", "accepted_at", "ended_at")
LENGTHS = ("seam_ms", "silence_ms", "on_hold_ms", "music_ms", "time_to_target_ms")
COLUMNS = (*TEXTS, *TIMES, *LENGTHS)

_FORMULA = "=+-@|%"
"""First characters of spreadsheet formulas. A formula may leak data or start programs."""
_CUT = re.compile(r"[;\t\r\n][\s\x00-\x1f\x7f-\x9f]*")
"""Where a spreadsheet in a language with another separator cuts a cell, and the blanks that it skips."""


def as_csv(handoffs: Iterable[Handoff], *, heading: bool = False) -> str:
    """Return CSV lines. Times are ISO 8601 in UTC. Text that would be a formula gets a leading apostrophe."""
    written = io.StringIO()
    writer = csv.writer(written)
    if heading:
        writer.writerow(COLUMNS)
    for handoff in handoffs:
        writer.writerow(
            [
                *(cell(getattr(handoff, name)) for name in TEXTS),
                *(_time(getattr(handoff, name)) for name in TIMES),
                *(getattr(handoff, name) for name in LENGTHS),
            ]
        )
    return written.getvalue()


def as_json(handoffs: Sequence[Handoff]) -> str:
    """Return the objects of a JSON array, without the brackets. Times are milliseconds UTC."""
    return ",\n".join(
        json.dumps({name: getattr(handoff, name) for name in COLUMNS}, ensure_ascii=False)
        for handoff in handoffs
    )


def cell(value: object) -> str:
    """Return a value as a CSV cell. Text that a spreadsheet would read as a formula gets an apostrophe."""
    text = "" if value is None else str(value)
    text = _CUT.sub(lambda cut: f"{cut[0]}'" if _is_sign(cut.string[cut.end() :]) else cut[0], text)
    # Spreadsheets skip leading blanks and control characters.
    skipped = text[:1].isspace() or not text[:1].isprintable()
    return f"'{text}" if skipped or _is_sign(text) else text


def _is_sign(text: str) -> bool:
    """Whether the text begins like a formula. Spreadsheets treat a full-width sign as the plain one."""
    first = unicodedata.normalize("NFKC", text[:1])[:1]
    return first != "" and first in _FORMULA


def _time(at_ms: int | None) -> str:
    if at_ms is None:
        return ""
    return datetime.fromtimestamp(at_ms / 1000, tz=UTC).isoformat(timespec="milliseconds")
