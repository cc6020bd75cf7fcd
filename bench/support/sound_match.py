"""Analyses a call's recording: the seam within one track, and which of several lines was spoken. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from local.caller.tape import RATE_HZ, Samples
from local.measure.lanes import LOUD, Span

Loudness = NDArray[np.float64]

_BLOCK = RATE_HZ // 100  # 10 ms, as in lanes
_SHIFT = 20  # blocks by which two recordings of a line may be shifted


def longest_gap(sounds: Sequence[Span], *, since_ms: int, until_ms: int) -> Span | None:
    """Return the longest silence between two sounds that touches this stretch of time, or None."""
    gaps = [Span(one.end_ms, two.start_ms) for one, two in pairwise(sounds)]
    touching = [gap for gap in gaps if gap.start_ms <= until_ms and gap.end_ms >= since_ms]
    return max(touching, key=lambda gap: gap.end_ms - gap.start_ms, default=None)


def reply_after(said: Span, agent: Sequence[Span]) -> Span | None:
    """Return the agent's first sound after the caller began; before `said.end_ms` if it interrupted."""
    return next((sound for sound in agent if sound.start_ms > said.start_ms), None)


def trimmed(samples: Samples) -> Samples:
    """Cut the silence at both ends, to 10 ms, so that a pause is exactly as long as planned."""
    loud = np.flatnonzero(envelope(samples) >= LOUD)
    return samples[loud[0] * _BLOCK : (loud[-1] + 1) * _BLOCK] if len(loud) else samples[:0]


def line_spoken(heard: Samples, lines: Mapping[str, Samples]) -> str:
    """Return the key of `lines` whose recording is most like `heard`, by loudness over time."""
    return max(lines, key=lambda line: likeness(heard, lines[line]))


def likeness(one: Samples, two: Samples) -> float:
    """Return the best correlation, -1 to 1, of two sounds' loudness over time, for shifts within 0.2 s."""
    loudness = envelope(trimmed(one)), envelope(trimmed(two))
    return max(correlation(*_shifted(*loudness, by)) for by in range(-_SHIFT, _SHIFT + 1))


def envelope(samples: Samples) -> Loudness:
    """Return the root mean square of each 10 ms."""
    blocks = samples[: len(samples) // _BLOCK * _BLOCK].reshape(-1, _BLOCK).astype(np.float64)
    return np.asarray(np.sqrt(np.mean(blocks**2, axis=1)), np.float64)


def _shifted(one: Loudness, two: Loudness, by: int) -> tuple[Loudness, Loudness]:
    """Return both, shifted against each other by `by` blocks and padded to the same length."""
    one, two = np.pad(one, (max(0, by), 0)), np.pad(two, (max(0, -by), 0))
    length = max(len(one), len(two))
    return np.pad(one, (0, length - len(one))), np.pad(two, (0, length - len(two)))


def correlation(one: Loudness, two: Loudness) -> float:
    if len(one) == 0 or np.ptp(one) == 0 or np.ptp(two) == 0:
        return 0.0
    return float(np.corrcoef(one, two)[0, 1])
