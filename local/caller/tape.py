"""One track's sound on the caller's clock: frames go in with their arrival, placed samples come out. Pure.

A frame may be late (a busy event loop) but never early. So a frame belongs at the earliest place that its
own arrival and those of the next two seconds allow. That takes scheduling jitter out, keeps real gaps, and
follows two clocks that drift. Measured on loopback: frames of 10 ms arrive 10.0 ms apart, 10.5 at the 99th
percentile, and the same latency is found again to within 2 ms. The way there (codec, server, jitter buffer)
takes 35 to 40 ms, which belongs to the latency, as it does for any caller.
"""

from __future__ import annotations

from collections import deque

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.int16]

RATE_HZ = 24_000
"""Of everything a caller says and hears: what Groq's voices have, and enough for a good recording."""

_WINDOW = 200  # frames that may show an earlier one to have been late: 2 s of 10 ms
_STEP_S = 0.02  # a frame is moved only when it is off by more: continuous sound stays whole


class Tape:
    """Mono, `RATE_HZ`. Times are seconds on one clock, whose zero is the tape's."""

    def __init__(self) -> None:
        self._frames: list[Samples] = []
        self._arrivals_s: list[float] = []

    def add(self, frame: Samples, at_s: float) -> None:
        """Take a frame that begins to sound at `at_s`, or a little earlier."""
        self._frames.append(frame)
        self._arrivals_s.append(at_s)

    def laid_out(self) -> Samples:
        """All samples from zero to the last frame's end, with silence where nothing came."""
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
    """Where each frame starts: continuous, and moved only where the arrivals show a gap or a jump."""
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
    """Of each value and the `_WINDOW` after it, the least (a monotone queue, walked from the end)."""
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
