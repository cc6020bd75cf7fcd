"""Hold music is audible from the first moment and for as long as the caller holds."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

import numpy as np
import pytest
from livekit import rtc

from agents.audio.hold_music import hold_music
from local.measure.lanes import spans

HELD_S = 120.0  # more than twice what the clip lasts
HEARD_WITHIN_MS = 300


@pytest.mark.fault("B4")
async def test_a_caller_on_hold_never_hears_silence() -> None:
    music = hold_music()
    assert isinstance(music.source, AsyncGenerator)
    samples, rate = await first_seconds(music.source, HELD_S)
    heard = spans((samples * music.volume).astype(np.int16), rate)
    assert heard[0].start_ms <= HEARD_WITHIN_MS
    assert len(heard) == 1, "there is no pause in it that is longer than one between two words"
    assert heard[0].end_ms >= 1_000 * HELD_S - HEARD_WITHIN_MS


async def first_seconds(
    source: AsyncGenerator[rtc.AudioFrame, None], seconds: float
) -> tuple[np.typing.NDArray[np.int16], int]:
    played, frames = 0.0, []
    async with aclosing(source):
        async for frame in source:
            frames.append(frame)
            played += frame.duration
            if played >= seconds:
                break
    rate = frames[0].sample_rate
    return np.concatenate([np.frombuffer(frame.data, np.int16) for frame in frames]), rate
