"""The arithmetic of the benchmark of people who take calls. Pure: samples and times, no I/O."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from bench.support.statistics import median
from local.caller.tape import RATE_HZ, Samples
from local.measure.lanes import Span

FAR_BELOW_DB = 60.0
"""How much lower a tone must be where nobody may hear it."""
_PART_S = 0.2
_BESIDE_HZ, _STANDS_OUT = range(60, 305, 5), 2.0
_LASTS = 3
"""Parts in a row, which overlap by half: 0.4 s."""
_LATEST_S = 2.0


def tone_level(samples: Samples, hz: int, *, alone: bool = False) -> float:
    """Return the largest amplitude that a tone keeps for 0.4 s of this sound, of 32,767; at least 1.

    A tone that does not stand out from its neighbours counts as not found. That is speech, whose next
    harmonics are as loud; a single harmonic seldom stays at one frequency for 0.4 s. A lasting tone is found
    in the speech's pauses.

    `alone`: nothing else sounds as loud, and a tone with gaps counts too.
    """
    length = round(_PART_S * RATE_HZ)
    window = np.hanning(length)
    padded = np.pad(samples, (0, max(0, length - len(samples))))
    at, levels = round(hz * _PART_S), [1.0]
    beside = [at + side * round(apart * _PART_S) for side in (-1, 1) for apart in _BESIDE_HZ]
    for start in range(0, len(padded) - length + 1, length // 2):
        there = np.abs(np.fft.rfft(padded[start : start + length] * window)) * 2 / window.sum()
        stands_out = alone or there[at] >= _STANDS_OUT * float(there[beside].max())
        levels.append(float(there[at]) if stands_out else 1.0)
    lasting = 1 if alone else min(_LASTS, len(levels))
    found = max(min(levels[first : first + lasting]) for first in range(len(levels) - lasting + 1))
    return max(1.0, found)


def below_db(there: float, here: float) -> float:
    """Return how much lower a tone is `here` than `there`, in dB."""
    return 20 * math.log10(there / here)


def between(samples: Samples, since_ms: int, until_ms: int) -> Samples:
    return samples[max(0, since_ms) * RATE_HZ // 1000 : max(0, until_ms) * RATE_HZ // 1000]


def delay_ms(said: Samples, heard: Samples) -> float:
    """Return how much later `heard` has what was `said`, by correlation. Both begin at the same moment."""
    latest = round(_LATEST_S * RATE_HZ)
    length = min(len(said), len(heard))
    one, two = (np.fft.rfft(sound[:length].astype(np.float64), 2 * length) for sound in (said, heard))
    alike = np.fft.irfft(two * np.conj(one), 2 * length)[:latest]
    return float(np.argmax(np.abs(alike))) * 1000 / RATE_HZ


def drift_ms_a_minute(delays: Sequence[tuple[float, float]]) -> float:
    """Return the slope of delays (s since the start, ms): the median of all pairs' slopes (Theil and Sen)."""
    slopes = [
        (late[1] - early[1]) / (late[0] - early[0]) * 60
        for number, early in enumerate(delays)
        for late in delays[number + 1 :]
        if late[0] > early[0]
    ]
    return median(slopes) if slopes else 0.0


def last_sound_ms(sounds: Sequence[Span], *, since_ms: int, until_ms: int) -> int:
    """Return when the last sound between the two ended; `since_ms` if there was none."""
    ends = [
        min(span.end_ms, until_ms) for span in sounds if span.start_ms < until_ms and span.end_ms > since_ms
    ]
    return max([since_ms, *ends])


def first_sound_ms(sounds: Sequence[Span], *, since_ms: int) -> int | None:
    return min((max(span.start_ms, since_ms) for span in sounds if span.end_ms > since_ms), default=None)
