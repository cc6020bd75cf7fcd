"""Lays out the demo's call as a picture. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from local.caller.caller import Caller
from local.demo.measures import Heard, Measures, Recorded, seam
from local.measure.lanes import Span
from local.timeline.panel import Lane
from local.timeline.picture import Band, Picture, StateName
from persistence.records import HandoffState

_SHOWN: dict[HandoffState, StateName] = {
    HandoffState.REQUESTED: "requested",
    HandoffState.DISPATCHING: "dispatching",
    HandoffState.BRIEFING: "briefing",
    HandoffState.ACCEPTED: "accepted",
    HandoffState.COMPLETED: "completed",
}
_AGENTS: tuple[Literal["first", "second"], ...] = ("first", "second")


def picture(caller: Caller, heard: Heard, recorded: Recorded, measures: Measures, *, zero_at: int) -> Picture:
    """Return the call's picture. `zero_at` is the zero of the caller's clock in ms UTC, the store's unit."""
    names = role_names(recorded)
    voices = [
        Lane(name, who, caller.audio(identity))
        for name, who, identity in zip(names, _AGENTS, heard.voices, strict=False)
    ]
    lanes = (
        Lane("caller", "caller", caller.said()),
        *voices,
        Lane("music", "music", caller.audio(music=True)),
    )
    sounds = (*heard.caller, *heard.music, *(span for spans in heard.voices.values() for span in spans))
    length_ms = max((span.end_ms for span in sounds), default=0) + 1000
    where = seam(heard)
    return Picture(
        title="A call, handed over warm",
        subtitle=_subtitle(names, measures),
        lanes=lanes,
        length_ms=length_ms,
        bands=bands(recorded, zero_at=zero_at, length_ms=length_ms),
        seam=where if where and where.end_ms > where.start_ms else None,
    )


def role_names(recorded: Recorded) -> Sequence[str]:
    """Return the roles in the order in which they held the call."""
    handoff = next(iter(recorded.handoffs), None)
    return (handoff.from_role, handoff.target) if handoff else (recorded.call.holder_role,)


def bands(recorded: Recorded, *, zero_at: int, length_ms: int) -> Sequence[Band]:
    """Return when the first handoff was in each of its states, on the caller's clock."""
    if not recorded.handoffs:
        return ()
    moves = [event for event in recorded.events if event.subject == recorded.handoffs[0].id]
    starts = [event.at - zero_at for event in moves]
    ends = [*starts[1:], max(length_ms, starts[-1] if starts else 0)]
    return [
        Band(_state(HandoffState(event.moved_to)), Span(start, end))
        for event, start, end in zip(moves, starts, ends, strict=True)
    ]


def _state(state: HandoffState) -> StateName:
    return _SHOWN.get(state, "ended")


def _subtitle(names: Sequence[str], measures: Measures) -> str:
    told = [
        (" to ".join(names), True),
        (f"greeting after {_seconds(measures.greeting_ms)}", measures.greeting_ms is not None),
        (f"target ready {_seconds(measures.ready_ms)} after the request", measures.ready_ms is not None),
        (f"longest silence {_seconds(measures.longest_silence_ms)}", True),
    ]
    return " · ".join(words for words, known in told if known)


def _seconds(length_ms: int | None) -> str:
    return f"{(length_ms or 0) / 1000:.2f} s"
