"""A call's holds, read from its events. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from persistence.records import HELD, Event, Handoff


@dataclass(frozen=True, slots=True)
class Hold:
    """One period on hold. `ended_at` is None while it lasts. Times are ms UTC.

    `ended_with`: the role that talked with the caller afterwards, or how the call ended.
    """

    begun_at: int
    begun_by: str
    ended_at: int | None = None
    ended_by: str | None = None
    ended_with: str | None = None


def holds_of(events: Iterable[Event]) -> list[Hold]:
    """Return one call's holds from its events, which must be in order."""
    found: list[Hold] = []
    for event in events:
        if event.kind != "call":
            continue
        if event.moved_to == HELD:
            found.append(Hold(event.at, event.actor))
        elif event.moved_from == HELD:
            begun = found.pop()
            found.append(Hold(begun.begun_at, begun.begun_by, event.at, event.actor, event.moved_to))
    return found


def on_hold_ms(holds: Sequence[Hold], handoffs: Iterable[Handoff], *, now: int) -> int:
    """Return how long the caller has been on hold in the whole call, by operators and during handoffs.

    A handoff that was requested during an operator's hold is part of that hold and is not counted again.
    """
    until = [(hold.begun_at, now if hold.ended_at is None else hold.ended_at) for hold in holds]
    waited = sum(
        handoff.on_hold_ms or 0
        for handoff in handoffs
        if not any(begun <= handoff.requested_at < ended for begun, ended in until)
    )
    return waited + sum(ended - begun for begun, ended in until)
