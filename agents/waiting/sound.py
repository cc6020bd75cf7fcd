"""The track that one caller in line hears, and the lines and the music as samples."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

import numpy as np
from livekit import rtc

from agents.audio.hold_music import audible_music
from agents.audio.prepared_audio import PromptAudio
from agents.audio.voice_track import voice_options
from agents.waiting.mix import SAMPLE_RATE, Mix, Samples

_PIECE = SAMPLE_RATE // 5
"""The SDK reports every piece to every caller's room: pieces of 0.1 s cost ten callers 8 % more."""
_QUEUE_MS = 200
_HEARD_LIMIT_S = 1.0
_PUBLISH_LIMIT_S = 5.0


class CallerSound:
    """One caller's sound. `music` may be empty at first: it is read while the first callers are greeted."""

    def __init__(self, music: Callable[[], Samples]) -> None:
        self.mix = Mix(music)
        self.ended = asyncio.Event()
        """Set once the mix is finished and played out."""
        self._source = rtc.AudioSource(SAMPLE_RATE, 1, queue_size_ms=_QUEUE_MS)

    async def publish(self, room: rtc.Room) -> None:
        """Publish the track; return once the caller can hear it, or a second later. Raises: TimeoutError."""
        track = rtc.LocalAudioTrack.create_audio_track("waiting", self._source)
        async with asyncio.timeout(_PUBLISH_LIMIT_S):
            published = await room.local_participant.publish_track(track, voice_options())
        with suppress(TimeoutError):
            async with asyncio.timeout(_HEARD_LIMIT_S):
                await published.wait_for_subscription()

    async def play(self) -> None:
        """Play until the mix is finished and played out."""
        while not self.mix.finished:
            piece = self.mix.next(_PIECE)
            await self._source.capture_frame(rtc.AudioFrame(piece.tobytes(), SAMPLE_RATE, 1, len(piece)))
        await self._source.wait_for_playout()
        self.ended.set()

    async def aclose(self) -> None:
        await self._source.aclose()


def samples_of(line: PromptAudio) -> Samples:
    """Return the line at the waiting room's sample rate."""
    if line.sample_rate == SAMPLE_RATE:
        return np.frombuffer(line.samples, np.int16)
    resampler = rtc.AudioResampler(line.sample_rate, SAMPLE_RATE, num_channels=1)
    frames = [*resampler.push(bytearray(line.samples)), *resampler.flush()]
    return np.frombuffer(b"".join(bytes(frame.data) for frame in frames), np.int16)


async def music_samples() -> Samples:
    """Return the audible part of the hold music, once. About 2 MB."""
    pieces = [np.frombuffer(bytes(frame.data), np.int16) async for frame in audible_music(SAMPLE_RATE)]
    return (np.concatenate(pieces) * 0.5).astype(np.int16)
