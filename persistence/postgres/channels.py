"""The channels on which a commit is announced: one for every change, and one for its call.

A call's agents listen to their call alone. Otherwise each commit would wake every agent of a fleet.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from persistence.sql.connection import Move, Row, Values

EVERY_CHANGE = "baton"
"""Announces that something was committed, never what."""

_OF_CALLS = {"end_call", "close_lost"}
"""Moves of a call's row that return only its id."""

_RECORDED = {"note_trouble", "note_lookup", "begin_tool_use", "end_tool_use"}
"""What agents record in addition to turns. Nobody acts on it, and services see it at their next poll."""


def channel_of(call_id: str) -> str:
    """Ids may be longer than a channel's name."""
    return f"{EVERY_CHANGE}_{hashlib.sha256(call_id.encode()).hexdigest()[:24]}"


def channels_of(move: Move, values: Values, row: Row) -> Iterator[str]:
    """Of a move that wrote this row."""
    if move.name in _RECORDED:
        return
    yield EVERY_CHANGE
    if (call_id := _call_of(move, values, row)) is not None:
        yield channel_of(call_id)


def _call_of(move: Move, values: Values, row: Row) -> str | None:
    """None: the move is of no call."""
    names = set(row.keys())
    if "call_id" in names or "call_id" in values:
        found = row["call_id"] if "call_id" in names else values["call_id"]
    else:
        found = row["id"] if "holder_job" in names or move.name in _OF_CALLS else None
    return None if found is None else str(found)
