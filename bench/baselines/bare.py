"""The bare baseline: an agent that only connects, publishes a track and plays a sound."""

from __future__ import annotations

import asyncio

import numpy as np
from livekit import rtc
from livekit.agents import JobContext

_RATE_HZ = 24_000
_FRAME = _RATE_HZ // 50
_SECONDS = 1.0  # the caller misses whatever plays before it has subscribed
_LIMIT_S = 10.0


async def play_a_sound(ctx: JobContext) -> None:
    """Play one second of a tone, then leave."""
    async with asyncio.timeout(_LIMIT_S):
        await ctx.connect()
        source = rtc.AudioSource(_RATE_HZ, 1, queue_size_ms=100)
        track = rtc.LocalAudioTrack.create_audio_track("sound", source)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        await ctx.room.local_participant.publish_track(track, options)
        for frame in _tone().reshape(-1, _FRAME):
            await source.capture_frame(rtc.AudioFrame(frame.tobytes(), _RATE_HZ, 1, _FRAME))
        await source.wait_for_playout()
        await source.aclose()
    ctx.shutdown("played")


def _tone() -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    at = np.arange(round(_SECONDS * _RATE_HZ)) / _RATE_HZ
    return (8_000 * np.sin(2 * np.pi * 440 * at)).astype(np.int16)
