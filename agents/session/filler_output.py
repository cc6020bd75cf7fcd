"""A prepared word put in while the session has nothing to say yet, under its speech queue.

`session.say` would queue behind the very reply that is late. What is put in belongs to no speech: the session
does not learn of it, and what it says next waits until it is over.
"""

from __future__ import annotations

import asyncio
import logging

from livekit import rtc
from livekit.agents import AgentSession
from livekit.agents.voice.io import AudioOutput, AudioOutputCapabilities

from agents.audio.prepared_audio import PreparedLine

log = logging.getLogger(__name__)

_TAKEN_LIMIT_S = 2.0
"""For frames that nobody takes: a room without a listener."""


class FillerOutput(AudioOutput):
    """Passes a session's audio on unchanged; between its segments a line may be put in."""

    def __init__(self, audio: AudioOutput) -> None:
        super().__init__(
            label="interjector",
            next_in_chain=audio,
            capabilities=AudioOutputCapabilities(pause=True),
            sample_rate=audio.sample_rate,
        )
        assert self.next_in_chain is not None
        self._audio = self.next_in_chain  # not `audio`: LiveKit puts a proxy between
        self._over = asyncio.Event()
        self._over.set()

    async def play_filler(self, line: PreparedLine) -> bool:
        """Returns when the line was heard. False: something else sounds, and nothing was put in."""
        if self._pending_playback_count or not self._over.is_set():
            return False
        self._over.clear()
        try:
            async with asyncio.timeout(_TAKEN_LIMIT_S):
                async for frame in line.play():
                    await self._audio.capture_frame(frame)
            self._audio.flush()
            async with asyncio.timeout(line.duration_s + _TAKEN_LIMIT_S):
                await self._over.wait()
        except TimeoutError:
            log.warning("a word was not taken")
            self._over.set()
            return False
        return True

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await self._over.wait()
        await self._audio.capture_frame(frame)
        await super().capture_frame(frame)

    def flush(self) -> None:
        super().flush()
        self._audio.flush()

    def clear_buffer(self) -> None:
        self._audio.clear_buffer()

    def on_playback_started(self, *, created_at: float) -> None:
        if self._over.is_set():
            super().on_playback_started(created_at=created_at)

    def on_playback_progressed(self, *, started_at: float, offset: float, duration: float) -> None:
        if self._over.is_set():
            super().on_playback_progressed(started_at=started_at, offset=offset, duration=duration)

    def on_playback_finished(
        self, *, playback_position: float, interrupted: bool, synchronized_transcript: str | None = None
    ) -> None:
        if not self._over.is_set():
            self._over.set()
            return
        super().on_playback_finished(
            playback_position=playback_position,
            interrupted=interrupted,
            synchronized_transcript=synchronized_transcript,
        )


def enable_fillers(session: AgentSession[None]) -> None:
    """Let a started session's silence be broken by `play_filler`."""
    assert session.output.audio is not None
    session.output.audio = FillerOutput(session.output.audio)


async def play_filler(session: AgentSession[None], line: PreparedLine) -> bool:
    """As `FillerOutput.play_filler`, where the session has one.

    A reply that LiveKit holds back, because the caller spoke over it, goes on: until the words are known
    nothing else could be heard.
    """
    audio = session.output.audio
    if audio is not None:
        audio.resume()
    while audio is not None and not isinstance(audio, FillerOutput):
        audio = audio.next_in_chain
    return audio is not None and await audio.play_filler(line)
