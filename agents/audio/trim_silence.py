"""Trims the silence from both ends of speech. Pure: samples in, samples out.

A caller hears leading silence as a slow answer, and trailing silence as a long seam.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]

_LOUD = 160
"""About -46 dB of full scale: above the breaths of speech models, below a soft consonant."""
LEAD_S = 0.03
"""Seconds kept before the first loud sample: an h or an f begins below the threshold."""
TAIL_S = 0.06
"""Seconds kept after the last loud sample: words fade out."""
_NOTHING: Samples = np.zeros(0, np.int16)


def trim(samples: Samples, rate: int, *, lead_s: float = LEAD_S, tail_s: float = TAIL_S) -> Samples:
    """Trim both ends, keeping `lead_s` and `tail_s` seconds. Pure silence becomes empty."""
    trimmer = Trimmer(rate, lead_s=lead_s, tail_s=tail_s)
    return np.concatenate([trimmer.push(samples), trimmer.finish()])


class Trimmer:
    """Streaming `trim`: holds silence back until later sound shows that it was not the end."""

    def __init__(self, rate: int, *, lead_s: float = LEAD_S, tail_s: float = TAIL_S) -> None:
        """`rate` is in samples a second."""
        self._lead, self._tail = round(lead_s * rate), round(tail_s * rate)
        self._held = _NOTHING
        self._begun = False

    def push(self, samples: Samples) -> Samples:
        """Return the samples that can be played now, perhaps none."""
        waiting = np.concatenate([self._held, samples])
        loud = _loud(samples)
        if not len(loud):
            self._held = waiting if self._begun else _last(waiting, self._lead)
            return _NOTHING
        already = len(self._held)
        first, after_last = already + int(loud[0]), already + int(loud[-1]) + 1
        start = 0 if self._begun else max(0, first - self._lead)
        self._begun = True
        self._held = waiting[after_last:]
        return waiting[start:after_last]

    def finish(self) -> Samples:
        """Return the fade-out of the last word."""
        rest = self._held[: self._tail] if self._begun else _NOTHING
        self._held = _NOTHING
        return rest


def _loud(samples: Samples) -> NDArray[np.intp]:
    # 16 bits cannot hold the absolute value of -32768.
    return np.flatnonzero((samples > _LOUD) | (samples < -_LOUD))


def _last(samples: Samples, count: int) -> Samples:
    return samples[max(0, len(samples) - count) :]
