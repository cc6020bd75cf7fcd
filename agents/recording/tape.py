"""Places a track's frames in time, by when they arrived. Pure.

A frame may arrive late, when the machine is busy, but never early. So it starts at the earliest time that its
own arrival and those of the next two seconds allow. local/caller/tape.py does the same for a whole call.
"""

from __future__ import annotations

from collections import deque
from itertools import islice
from threading import Lock

import numpy as np

from recordings.segment_file import RATE_HZ, Samples

_AHEAD = 10
"""How many later frames can prove an earlier one late: 2 s, of 200 ms each."""
_KEPT = 300
"""The most frames kept. Older ones are dropped if the store is down and nobody takes them for a minute."""
_STEP_MS = 20.0


class Tape:
    """Mono samples at `RATE_HZ`. Times: ms UTC. One thread may add while another takes."""

    def __init__(self) -> None:
        self._frames: deque[tuple[float, Samples]] = deque(maxlen=_KEPT)
        self._next: float | None = None
        self._turn = Lock()

    def add(self, samples: Samples, heard_at: float) -> None:
        """Add a frame whose last sample arrived at `heard_at`."""
        with self._turn:
            self._frames.append((heard_at - _ms(samples), samples))

    def take(self, until: float) -> tuple[int, Samples] | None:
        """Return the start of the sound before `until`, and its samples, gaps as silence; None: no sound."""
        with self._turn:
            return self._take(until)

    def _take(self, until: float) -> tuple[int, Samples] | None:
        pieces: list[Samples] = []
        began = self._next
        while self._frames and (start := self._earliest()) < until:
            samples = self._next_frame(until - start)
            if self._next is None:
                began = self._next = start
            apart = start - self._next
            if apart > _STEP_MS:
                pieces.append(np.zeros(round(apart * RATE_HZ / 1000), np.int16))
            elif apart < -_STEP_MS:
                samples = samples[round(-apart * RATE_HZ / 1000) :]
            pieces.append(samples)
            self._next = began + sum(map(_ms, pieces)) if began is not None else start
        if not pieces or began is None:
            return None
        return round(began), np.concatenate(pieces)

    def _next_frame(self, most_ms: float) -> Samples:
        """Take at most `most_ms` of the next frame; the rest stays."""
        arrived, samples = self._frames.popleft()
        if _ms(samples) > most_ms:
            most = max(1, round(most_ms * RATE_HZ / 1000))
            samples, left = samples[:most], samples[most:]
            if len(left):
                self._frames.appendleft((arrived + _ms(samples), left))
        return samples

    def _earliest(self) -> float:
        before, earliest = 0.0, self._frames[0][0]
        for start, samples in islice(self._frames, _AHEAD):
            earliest = min(earliest, start - before)
            before += _ms(samples)
        return earliest


def _ms(samples: Samples) -> float:
    return 1000 * len(samples) / RATE_HZ
