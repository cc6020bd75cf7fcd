"""Finds the start of a word that was cut off, and where to cut speech off. Pure: samples in, a place out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_FRAME_S = 0.01
_LOOK_BACK_S = 1.0
"""The longest part that is said again: a long word, or two short ones."""
_GAP = 0.12
"""Share of the loudest frame below which a frame is between two words."""
_GAP_FRAMES = 3
"""This many quiet frames in a row are a gap between words; a stop consonant in a word is shorter."""


def word_start(samples: NDArray[np.int16], rate: int, place: int) -> int:
    """Return the sample at which the word at `place` begins; `rate` is in samples a second.

    If the last second has no gap, return the quietest point of its second half.
    """
    size = max(1, round(rate * _FRAME_S))
    count = min(place, round(rate * _LOOK_BACK_S)) // size
    if count <= _GAP_FRAMES:
        return 0 if place <= _GAP_FRAMES * size else place
    first = place - count * size
    loudness = _loudness(samples[first:place], size)
    quiet = loudness <= _GAP * loudness.max()
    for end in range(count, _GAP_FRAMES - 1, -1):
        if quiet[end - _GAP_FRAMES : end].all():
            return first + end * size
    if count < round(_LOOK_BACK_S / _FRAME_S):
        return 0  # speech has only just begun
    half = count // 2
    return first + (half + int(loudness[half:].argmin())) * size


def softest(samples: NDArray[np.int16], rate: int) -> int:
    """Return the best sample to cut speech off at: the first gap between words, or else the softest."""
    size = max(1, round(rate * _FRAME_S))
    count = len(samples) // size
    if count == 0:
        return len(samples)
    loudness = _loudness(samples[: count * size], size)
    quiet = loudness <= _GAP * loudness.max()
    for start in range(count - _GAP_FRAMES + 1):
        if quiet[start : start + _GAP_FRAMES].all():
            return start * size
    return int(loudness.argmin()) * size


def _loudness(samples: NDArray[np.int16], size: int) -> NDArray[np.float64]:
    """Return the loudness of each frame of `size` samples. The samples must be whole frames."""
    frames = samples.reshape(-1, size).astype(np.float64)
    loudness: NDArray[np.float64] = np.sqrt((frames**2).mean(axis=1))
    return loudness
