"""Writes a call as a 16-bit WAV: the caller on the left, what the caller hears on the right, aligned."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

from local.caller.tape import RATE_HZ, Samples


def write_call(path: Path, *, caller: Samples, heard: Samples) -> None:
    """Write both sides, padding the shorter one. Mono samples at RATE_HZ with the same time zero.

    Raises: OSError.
    """
    both = np.zeros((max(len(caller), len(heard)), 2), np.int16)
    both[: len(caller), 0] = caller
    both[: len(heard), 1] = heard
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(both.astype("<i2").tobytes())
