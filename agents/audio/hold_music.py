"""What a caller hears who holds: LiveKit's hold music, without its silent beginning and end."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from livekit import rtc
from livekit.agents import AudioConfig, BuiltinAudioClip
from livekit.agents.utils.audio import audio_frames_from_file

_FIRST_S, _LAST_S = 2.35, 50.5
"""Of the clip's 54.9 s. It fades in before and out after: played whole, over and over, it leaves the caller
in what sounds like silence for 2 s at first and for 5 s in every minute (test_hold_music.py)."""


def hold_music() -> AudioConfig:
    """Music without end, to be played once."""
    return AudioConfig(_frames(), volume=0.5, fade_in=0.8, fade_out=0.2)


async def _frames() -> AsyncGenerator[rtc.AudioFrame, None]:
    while True:
        at_s = 0.0
        async with aclosing(audio_frames_from_file(BuiltinAudioClip.HOLD_MUSIC.path())) as clip:
            async for frame in clip:
                at_s += frame.duration
                if at_s > _LAST_S:
                    break
                if at_s > _FIRST_S:
                    yield frame
