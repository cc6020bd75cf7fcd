"""Synthesized speech, in real time and in frames like those of a LiveKit room."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import numpy as np
from livekit import rtc

from agents.audio.trim_silence import trim
from local.speech import CALLER, Samples, silence, synthesize

RATE = 24_000
_FRAME_S = 0.02


def words(text: str) -> Samples:
    """Speaks in the scripted caller's voice, without silence at either end."""
    return trim(synthesize(text, CALLER, sample_rate=RATE).samples, RATE, lead_s=0, tail_s=0)


def hush(seconds: float) -> Samples:
    return silence(seconds, sample_rate=RATE).samples


async def frames(*sound: Samples, speed: float = 1.0) -> AsyncIterator[rtc.AudioFrame]:
    """Yields each frame at the moment at which its audio ends."""
    loop, size = asyncio.get_running_loop(), round(RATE * _FRAME_S)
    began, samples = loop.time(), np.concatenate(sound)
    for number, start in enumerate(range(0, len(samples) - size, size), 1):
        await asyncio.sleep(began + number * _FRAME_S / speed - loop.time())
        yield rtc.AudioFrame(samples[start : start + size].tobytes(), RATE, 1, size)
