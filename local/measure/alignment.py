"""How far a recorded track is from another tape of the same sound. Pure."""

from __future__ import annotations

import numpy as np

from local.caller.tape import RATE_HZ, Samples
from local.measure.lanes import Span

_REACH_MS = 400


def offset_ms(recorded: Samples, tape: Samples, span: Span) -> int | None:
    """By how much `recorded` is later than `tape` with what sounds in `span`, by their correlation.

    Both are mono samples at RATE_HZ with the same time zero. None: the sound is not in `recorded`.
    """
    first, last = (round(at * RATE_HZ / 1000) for at in (span.start_ms, span.end_ms))
    reach = _REACH_MS * RATE_HZ // 1000
    clip = tape[first:last].astype(np.float64)
    padded = np.concatenate((np.zeros(reach), recorded.astype(np.float64), np.zeros(reach + len(clip))))
    around = padded[first : last + 2 * reach]
    size = 1 << (len(around) + len(clip)).bit_length()
    both = np.fft.irfft(np.fft.rfft(around, size) * np.conj(np.fft.rfft(clip, size)), size)
    likeness = both[: 2 * reach + 1]
    best = int(np.argmax(likeness))
    heard = around[best : best + len(clip)]
    norm = np.linalg.norm(heard) * np.linalg.norm(clip)
    if norm == 0 or likeness[best] / norm < 0.5:
        return None
    return round(1000 * (best - reach) / RATE_HZ)
