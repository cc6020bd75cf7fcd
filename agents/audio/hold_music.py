"""Hold music for a caller on hold: LiveKit's clip without its silent beginning and end."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from livekit import rtc
from livekit.agents import AudioConfig, BuiltinAudioClip
from livekit.agents.utils.audio import audio_frames_from_file

_FIRST_S, _LAST_S = 2.35, 50.5
"""The audible part of the 54.9 s clip. The clip fades in before it and out after it. Looped whole, it would
leave the caller in near silence for 2 s at first and for 5 s of every minute (test_hold_music.py)."""


def hold_music() -> AudioConfig:
    """Endless music: play it once, without looping."""
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
