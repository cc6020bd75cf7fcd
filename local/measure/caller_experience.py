"""Finds what troubles a caller: silences that only an agent could end, and agents talking at once. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

from local.measure.lanes import Span

AT_ONCE_MS = 100
"""On busy cores this much of one voice may still be in transit when the next voice starts: two tracks have
two jitter buffers (transfer/target/target.py). A longer overlap is two agents talking at once."""


def longest_wait(
    caller: Sequence[Span], voices: Sequence[Span], music: Sequence[Span] = (), *, since_ms: int = 0
) -> Span:
    """Find the longest silence between two sounds of the call, except the caller's own pauses.

    A silence starts after the last sound, but not before `since_ms` or the first voice, and ends with the
    next sound. If the caller speaks next, after an agent, the silence was the caller's own pause.
    """
    longest = Span(since_ms, since_ms)
    if not voices:
        return longest
    heard_until, agent_was_last = min(voices).start_ms, True
    for sound, by_agent in sorted(
        [(span, False) for span in caller] + [(span, True) for span in (*voices, *music)]
    ):
        wait = Span(max(heard_until, since_ms), sound.start_ms)
        own_pause = agent_was_last and not by_agent
        if wait.end_ms - wait.start_ms > longest.end_ms - longest.start_ms and not own_pause:
            longest = wait
        if sound.end_ms > heard_until:
            heard_until, agent_was_last = sound.end_ms, by_agent
    return longest


def length_ms(span: Span) -> int:
    return span.end_ms - span.start_ms


def talking_at_once(voices: Mapping[str, Sequence[Span]]) -> Sequence[Span]:
    """Return when two of these voices (by identity) sounded at once."""
    both = (
        Span(max(one.start_ms, two.start_ms), min(one.end_ms, two.end_ms))
        for first, second in combinations(voices.values(), 2)
        for one in first
        for two in second
    )
    return sorted(span for span in both if length_ms(span) > AT_ONCE_MS)
