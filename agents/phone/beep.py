"""Detects the beep after which a mailbox records. Pure."""

from __future__ import annotations

import numpy as np
from livekit import rtc

LEAST_S = 0.25
"""A mailbox's beep lasts 0.3 s or longer."""
_HZ = (600, 2_500)
"""The range of a beep's frequency. Lower ones may be a voice's fundamental."""
_PURE = 0.9
"""Share of a frame's energy within one frequency of the spectrum and its two neighbours on each side."""
_AUDIBLE = 300.0
"""Root mean square of 16-bit samples."""


class BeepEar:
    """Takes each frame of one voice, mono and 16-bit, of 10 to 60 ms."""

    def __init__(self) -> None:
        self._lasted_s = 0.0
        self._hz = 0.0

    def hears(self, frame: rtc.AudioFrame) -> bool:
        """Whether a beep has lasted for LEAST_S."""
        samples = np.frombuffer(frame.data, np.int16).astype(np.float32)
        tone = _tone_of(samples, frame.sample_rate)
        goes_on = tone is not None and (not self._lasted_s or abs(tone - self._hz) < 100)
        self._lasted_s = self._lasted_s + frame.duration if goes_on else 0.0
        self._hz = tone or 0.0
        return self._lasted_s >= LEAST_S


def _tone_of(samples: np.ndarray, rate: int) -> float | None:
    """Return the frequency of a pure tone; None: the sound is something else."""
    if len(samples) == 0 or float(np.sqrt(np.mean(samples**2))) < _AUDIBLE:
        return None
    energy = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
    peak = int(np.argmax(energy))
    hz = peak * rate / len(samples)
    near = energy[max(0, peak - 2) : peak + 3].sum()
    return hz if _HZ[0] <= hz <= _HZ[1] and near >= _PURE * energy.sum() else None
