"""Finds who sounds when, and so reply times, the seam and silences. Pure: samples and spans, no I/O."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

LOUD = 150.0
"""RMS of 10 ms of int16 that counts as sound: 47 dB below full scale, above codec noise."""

JOIN_MS = 300
"""Sounds with less silence between them are one span: the words of a sentence, not two turns."""

_BLOCK_MS = 10


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Sound from `start_ms` up to `end_ms`, on the caller's clock."""

    start_ms: int
    end_ms: int


def spans(
    samples: npt.NDArray[np.int16], rate_hz: int, *, loud: float = LOUD, join_ms: int = JOIN_MS
) -> tuple[Span, ...]:
    """Find where mono samples are loud, to 10 ms. Spans end with a loud block; joining adds no tail."""
    block = rate_hz * _BLOCK_MS // 1000
    blocks = samples[: len(samples) // block * block].reshape(-1, block).astype(np.float64)
    edges = np.diff(np.concatenate(([0], np.sqrt(np.mean(blocks**2, axis=1)) >= loud, [0])))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    loud_blocks = (
        Span(int(start) * _BLOCK_MS, int(end) * _BLOCK_MS) for start, end in zip(starts, ends, strict=True)
    )
    return merge(loud_blocks, join_ms=join_ms)


def merge(sounds: Iterable[Span], *, join_ms: int = 0) -> tuple[Span, ...]:
    """Merge lanes: spans that overlap, or are at most `join_ms` apart, become one."""
    merged: list[Span] = []
    for span in sorted(sounds):
        if merged and span.start_ms - merged[-1].end_ms <= join_ms:
            merged[-1] = Span(merged[-1].start_ms, max(merged[-1].end_ms, span.end_ms))
        else:
            merged.append(span)
    return tuple(merged)


def reply_times_ms(caller: Sequence[Span], agents: Sequence[Span]) -> tuple[int, ...]:
    """Return the time from the caller's last sound to the agent's first, for each reply.

    A pause without a reply does not count, nor does a sentence whose end the agent talks over.
    """
    found: list[int] = []
    for index, said in enumerate(caller):
        over = caller[index + 1].start_ms if index + 1 < len(caller) else None
        reply = next((span.start_ms for span in agents if span.start_ms >= said.end_ms), None)
        talked_over = any(span.start_ms < said.end_ms < span.end_ms for span in agents)
        if reply is not None and not talked_over and (over is None or reply < over):
            found.append(reply - said.end_ms)
    return tuple(found)


def seam_ms(old: Sequence[Span], new: Sequence[Span]) -> int | None:
    """Return the time from the old holder's last sound to the new one's first. Negative: they overlap.

    None: one of them is silent.
    """
    return new[0].start_ms - old[-1].end_ms if old and new else None


def longest_silence(lanes: Iterable[Sequence[Span]], *, since_ms: int, until_ms: int) -> Span:
    """Find the longest period between two times in which no lane sounds; empty if there is none."""
    longest = Span(since_ms, since_ms)
    heard_until = since_ms
    for span in (*merge(span for lane in lanes for span in lane), Span(until_ms, until_ms)):
        silent = Span(heard_until, max(heard_until, min(span.start_ms, until_ms)))
        if silent.end_ms - silent.start_ms > longest.end_ms - longest.start_ms:
            longest = silent
        heard_until = max(heard_until, span.end_ms)
    return longest


def greeting_ms(agents: Sequence[Span]) -> int | None:
    """Return the time from the caller's connection (time zero) to an agent's first sound."""
    return agents[0].start_ms if agents else None
