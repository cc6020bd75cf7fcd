"""Trims the silence from both ends of speech, and the breath before it. Pure: samples in, samples out.

A caller hears leading silence as a slow answer, and trailing silence as a long seam. Orpheus begins with
about half a second of breath, RMS 0.0017 to 0.006 of full scale (canopyai/Orpheus-TTS#299).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]

_SOUND = 160
"""A sample above it is not silence: about -46 dB of full scale, below a soft consonant."""
_SPEECH = 320.0
"""RMS of a frame, about 0.01 of full scale: a vowel is far above, the usual breath below."""
_SURELY_SPEECH = 500.0
"""RMS that no breath reaches: a soft s before the first vowel must not count as a breath."""
_ABOVE_BREATH = 2.5
"""A frame of speech is more than this many times louder than the breath before it."""
_FRAME_S = 0.01
_LONGEST_BREATH_S = 1.2
"""Sound that gets no louder within this time is a quiet voice, and is kept whole."""
LEAD_S = 0.03
"""Seconds kept before the first sound: an h or an f begins below the threshold."""
SOFT_LEAD_S = 0.15
"""Seconds kept of sound as soft as breath: as long as an f or a sh at a word's beginning."""
TAIL_S = 0.06
"""Seconds kept after the last sound: words fade out."""
_NOTHING: Samples = np.zeros(0, np.int16)


def trim(samples: Samples, rate: int, *, lead_s: float = LEAD_S, tail_s: float = TAIL_S) -> Samples:
    """Trim both ends, keeping `lead_s` and `tail_s` seconds. Pure silence becomes empty."""
    trimmer = Trimmer(rate, lead_s=lead_s, tail_s=tail_s)
    return np.concatenate([trimmer.push(samples), trimmer.finish()])


class Trimmer:
    """Streaming `trim`: holds silence back until later sound shows that it was not the end."""

    def __init__(self, rate: int, *, lead_s: float = LEAD_S, tail_s: float = TAIL_S) -> None:
        """`rate` is in samples a second."""
        self._rate = rate
        self._lead, self._tail = round(lead_s * rate), round(tail_s * rate)
        self._held = _NOTHING
        self._begun = False

    def push(self, samples: Samples) -> Samples:
        """Return the samples that can be played now, perhaps none."""
        return self._take(samples, at_end=False)

    def finish(self) -> Samples:
        """Return what was held back, with the fade-out of the last word."""
        last = self._take(_NOTHING, at_end=True)
        rest = self._held[: self._tail] if self._begun else _NOTHING
        self._held = _NOTHING
        return np.concatenate([last, rest])

    def _take(self, samples: Samples, *, at_end: bool) -> Samples:
        waiting = np.concatenate([self._held, samples])
        start = 0 if self._begun else speech_start(waiting, self._rate, self._lead, at_end=at_end)
        # Once speech has begun, the held samples are silence: only the new ones need checking.
        sounds = _sounds(samples) + len(self._held) if self._begun else _sounds(waiting)
        if start is None or not len(sounds):
            self._held = waiting
            return _NOTHING
        self._begun = True
        after_last = int(sounds[-1]) + 1
        self._held = waiting[after_last:]
        return waiting[start:after_last]


def speech_start(samples: Samples, rate: int, lead: int, *, at_end: bool) -> int | None:
    """Return the sample to begin at, so that no soft first consonant is cut; None: no speech so far.

    Speech is a frame that is much louder than the breath before it. `lead` is in samples.
    """
    sounds = _sounds(samples)
    if not len(sounds):
        return None
    first = int(sounds[0])
    size = max(1, round(rate * _FRAME_S))
    longest = round(rate * _LONGEST_BREATH_S)
    count = min(len(samples), first + longest) // size
    frames = samples[: count * size].reshape(count, size).astype(np.float64)
    loudness = np.sqrt((frames**2).mean(axis=1))
    for place in np.flatnonzero(loudness > _SPEECH):
        breath = loudness[first // size : place]
        threshold = min(_SURELY_SPEECH, _ABOVE_BREATH * float(np.median(breath))) if len(breath) else 0.0
        if loudness[place] > threshold:
            soft = max(lead, round(rate * SOFT_LEAD_S)) if lead else 0
            return max(0, first - lead, int(place) * size - soft)
    return max(0, first - lead) if at_end or len(samples) >= first + longest else None


def soft_start_s(samples: Samples, rate: int) -> float:
    """Return the seconds at the start as soft as breath, such as `trim` keeps before a first consonant."""
    size = max(1, round(rate * _FRAME_S))
    frames = samples[: len(samples) // size * size].reshape(-1, size).astype(np.float64)
    loud = np.flatnonzero(np.sqrt((frames**2).mean(axis=1)) > _SURELY_SPEECH)
    soft = int(loud[0]) if len(loud) else len(frames)
    return min(soft * _FRAME_S, LEAD_S + SOFT_LEAD_S)


def _sounds(samples: Samples) -> NDArray[np.intp]:
    # 16 bits cannot hold the absolute value of -32768.
    return np.flatnonzero((samples > _SOUND) | (samples < -_SOUND))
