"""What a phone plays and records."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

from local.caller.tape import Samples
from tests.phone.witness import tone

PHONE_RATE = 8000
PHONE_HZ, ROOM_HZ = 1000.0, 440.0
"""The tones that distinguish a phone from its room."""
CLEAN = 0.9
"""The least share of a clean tone: G.711 adds little noise."""
_WINDOW = PHONE_RATE * 8 // 10


def phone_tone(folder: Path) -> Path:
    """Write a WAV with a second of PHONE_HZ, to be played in a loop."""
    path = folder / "phone.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(PHONE_RATE)
        file.writeframes(tone(PHONE_HZ, 1.0, PHONE_RATE).tobytes())
    return path


def loudest(path: Path) -> Samples:
    """Return the loudest 0.8 s of a recording."""
    with wave.open(str(path)) as file:
        sound = np.frombuffer(file.readframes(file.getnframes()), np.int16)
    energy = np.convolve(sound.astype(float) ** 2, np.ones(_WINDOW), "valid")
    at = int(energy.argmax())
    return sound[at : at + _WINDOW]
