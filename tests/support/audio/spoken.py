"""A telephone line for tests: speech in real time, in frames as LiveKit's room brings them."""

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
    """The scripted caller's voice, without silence at the ends."""
    return trim(synthesize(text, CALLER, sample_rate=RATE).samples, RATE, lead_s=0, tail_s=0)


def hush(seconds: float) -> Samples:
    return silence(seconds, sample_rate=RATE).samples


async def frames(*sound: Samples, speed: float = 1.0) -> AsyncIterator[rtc.AudioFrame]:
    """Each frame at the moment at which it is over."""
    loop, size = asyncio.get_running_loop(), round(RATE * _FRAME_S)
    began, samples = loop.time(), np.concatenate(sound)
    for number, start in enumerate(range(0, len(samples) - size, size), 1):
        await asyncio.sleep(began + number * _FRAME_S / speed - loop.time())
        yield rtc.AudioFrame(samples[start : start + size].tobytes(), RATE, 1, size)
