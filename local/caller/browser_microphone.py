"""Writes the audio for a browser's fake microphone: lines, each spoken once, with silence between them."""

from __future__ import annotations

import wave
from collections.abc import Sequence
from pathlib import Path

from local.speech import CALLER, join, silence, synthesize

_RATE_HZ = 48_000
_REST_S = 120.0


def write_microphone(path: Path, lines: Sequence[tuple[float, str]]) -> None:
    """Write a WAV: for each pair, the seconds of silence, then the line; silence at the end. Blocks."""
    parts = [
        part
        for pause_s, line in lines
        for part in (silence(pause_s, sample_rate=_RATE_HZ), synthesize(line, CALLER, sample_rate=_RATE_HZ))
    ]
    speech = join([*parts, silence(_REST_S, sample_rate=_RATE_HZ)])
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_RATE_HZ)
        file.writeframes(speech.samples.astype("<i2").tobytes())
