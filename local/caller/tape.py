"""Places one track's frames on the caller's clock by their arrival times. Pure.

A frame may arrive late (busy event loop) but never early. So a frame starts at the earliest time that its
own arrival and those of the next two seconds allow. This removes scheduling jitter, keeps real gaps and
follows clock drift. Measured on loopback: 10 ms frames arrive 10.0 ms apart, 10.5 ms at the 99th percentile,
and a latency is reproduced to within 2 ms. Codec, server and jitter buffer take 35 to 40 ms, which counts as
latency, as for any caller.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.int16]

RATE_HZ = 24_000
"""Sample rate of everything that a caller says and hears: that of Groq's voices, good enough to record."""

_WINDOW = 200  # later frames that can prove an earlier one late: 2 s of 10 ms each
_STEP_S = 0.02  # a frame moves only when off by more: continuous audio stays continuous


class Tape:
    """Mono audio at `RATE_HZ`. Times are seconds since the start of the tape."""

    def __init__(self) -> None:
        self._frames: list[Samples] = []
        self._arrivals_s: list[float] = []

    def add(self, frame: Samples, at_s: float) -> None:
        """Add a frame that starts at `at_s` or slightly earlier."""
        self._frames.append(frame)
        self._arrivals_s.append(at_s)

    def drop_since(self, at_s: float) -> None:
        """Forget the frames that were added at this time or later."""
        kept = bisect_left(self._arrivals_s, at_s)
        del self._frames[kept:], self._arrivals_s[kept:]

    def laid_out(self) -> Samples:
        """Return all samples from zero to the last frame's end, with silence in the gaps."""
        places = [max(0, round(start * RATE_HZ)) for start in _places(self._arrivals_s, self._durations())]
        if not places:
            return np.zeros(0, np.int16)
        ends = [place + len(frame) for place, frame in zip(places, self._frames, strict=True)]
        out = np.zeros(max(ends), np.int16)
        for place, end, frame in zip(places, ends, self._frames, strict=True):
            out[place:end] = frame
        return out

    def _durations(self) -> list[float]:
        return [len(frame) / RATE_HZ for frame in self._frames]


def _places(arrivals_s: list[float], durations_s: list[float]) -> list[float]:
    """Return when each frame starts, in seconds: contiguous, unless the arrivals show a gap or a jump."""
    played = np.concatenate(([0.0], np.cumsum(durations_s)))[:-1]
    allowed = _least_ahead(list(np.asarray(arrivals_s) - played))
    places: list[float] = []
    offset = allowed[0] if allowed else 0.0
    for before, earliest in zip(played, allowed, strict=True):
        if abs(earliest - offset) > _STEP_S:
            offset = earliest
        places.append(offset + float(before))
    return places


def _least_ahead(values: list[float]) -> list[float]:
    """Return the minimum of each value and the `_WINDOW` values after it (monotonic queue, from the end)."""
    least: list[float] = []
    queue: deque[int] = deque()
    for index in range(len(values) - 1, -1, -1):
        while queue and values[queue[-1]] >= values[index]:
            queue.pop()
        queue.append(index)
        while queue[0] > index + _WINDOW:
            queue.popleft()
        least.append(values[queue[0]])
    return least[::-1]
