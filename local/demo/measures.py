"""The demo's measures of one call, at the caller's ear and in the store. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from local.caller.caller import Caller
from local.measure.lanes import Span, greeting_ms, longest_silence, reply_times_ms, seam_ms
from persistence.records import Call, Event, Handoff, Turn


@dataclass(frozen=True, slots=True)
class Heard:
    """When each party sounded, in ms on the caller's clock. `voices` by identity, first speaker first."""

    caller: Sequence[Span]
    voices: dict[str, Sequence[Span]]
    music: Sequence[Span]


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the store holds about the call after its end."""

    call: Call
    turns: Sequence[Turn]
    handoffs: Sequence[Handoff]
    events: Sequence[Event]


@dataclass(frozen=True, slots=True)
class Measures:
    """The call's figures in milliseconds; None if something did not happen."""

    greeting_ms: int | None
    ready_ms: int | None  # from the handoff's request to the target's acceptance
    seam_ms: int | None  # from the first agent's last sound to the second one's first
    longest_silence_ms: int  # of both sides, after the greeting
    turn_ms: Sequence[int]


def hear(caller: Caller) -> Heard:
    """Find the sounds of a call that is over."""
    return Heard(
        caller=caller.said_sounds(),
        voices={identity: caller.sounds(identity) for identity in caller.speakers()},
        music=caller.sounds(music=True),
    )


def measure(heard: Heard, recorded: Recorded) -> Measures:
    agents = sorted(span for spans in heard.voices.values() for span in spans)
    silence = _longest_silence(heard, agents)
    handoff = next(iter(recorded.handoffs), None)
    return Measures(
        greeting_ms=greeting_ms(agents),
        ready_ms=handoff.accepted_at - handoff.requested_at if handoff and handoff.accepted_at else None,
        seam_ms=_length(seam(heard)),
        longest_silence_ms=silence.end_ms - silence.start_ms,
        turn_ms=list(reply_times_ms(heard.caller, agents)),
    )


def seam(heard: Heard) -> Span | None:
    """Return the gap between the first agent's last sound and the second agent's first, if both spoke."""
    first, second = (*heard.voices.values(), (), ())[:2]
    length = seam_ms(first, second)
    return None if length is None else Span(first[-1].end_ms, first[-1].end_ms + length)


def _longest_silence(heard: Heard, agents: Sequence[Span]) -> Span:
    """Return the longest silence between the greeting and the call's last sound."""
    everything = (heard.caller, agents, heard.music)
    if not agents:
        return Span(0, 0)
    last = max(span.end_ms for lane in everything for span in lane)
    return longest_silence(everything, since_ms=agents[0].start_ms, until_ms=last)


def _length(span: Span | None) -> int | None:
    return None if span is None else span.end_ms - span.start_ms
