"""Plays a prepared filler ("one moment") while a reply is late, below the session's speech queue.

`session.say` would queue behind the very reply that is late. A filler belongs to no speech: the session does
not know about it, and the session's next audio waits until the filler is over.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from livekit import rtc
from livekit.agents import AgentSession
from livekit.agents.voice.io import AudioOutput, AudioOutputCapabilities

from agents.audio.prepared_audio import PromptAudio
from agents.session.resumable_output import release_held

log = logging.getLogger(__name__)

_STALL_LIMIT_S = 2.0
"""The limit for audio that is not played out, as in a room without a listener."""


class FillerOutput(AudioOutput):
    """Passes a session's audio on unchanged; plays fillers between its segments."""

    def __init__(self, audio: AudioOutput) -> None:
        super().__init__(
            label="filler",
            next_in_chain=audio,
            capabilities=AudioOutputCapabilities(pause=True),
            sample_rate=audio.sample_rate,
        )
        assert self.next_in_chain is not None
        self._audio = self.next_in_chain  # not `audio`: LiveKit wraps it in a proxy
        self._filler_done = asyncio.Event()
        self._filler_done.set()

    async def play_filler(self, line: PromptAudio) -> bool:
        """Return True once the line was heard; False if other audio is playing, or it was not played out."""
        if self._pending_playback_count or not self._filler_done.is_set():
            return False
        self._filler_done.clear()
        try:
            async with asyncio.timeout(_STALL_LIMIT_S):
                async for frame in line.play():
                    await self._audio.capture_frame(frame)
            self._audio.flush()
            async with asyncio.timeout(line.duration_s + _STALL_LIMIT_S):
                await self._filler_done.wait()
        except TimeoutError:
            log.warning("filler not played out")
            self._audio.clear_buffer()
            self._filler_done.set()
            return False
        return True

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await self._filler_done.wait()
        await self._audio.capture_frame(frame)
        await super().capture_frame(frame)

    def flush(self) -> None:
        super().flush()
        self._audio.flush()

    def clear_buffer(self) -> None:
        self._audio.clear_buffer()

    def on_playback_started(self, *, created_at: float) -> None:
        if self._filler_done.is_set():
            super().on_playback_started(created_at=created_at)

    def on_playback_progressed(self, *, started_at: float, offset: float, duration: float) -> None:
        if self._filler_done.is_set():
            super().on_playback_progressed(started_at=started_at, offset=offset, duration=duration)

    def on_playback_finished(
        self, *, playback_position: float, interrupted: bool, synchronized_transcript: str | None = None
    ) -> None:
        if not self._filler_done.is_set():
            self._filler_done.set()
            return
        super().on_playback_finished(
            playback_position=playback_position,
            interrupted=interrupted,
            synchronized_transcript=synchronized_transcript,
        )


def enable_fillers(session: AgentSession[Any]) -> None:
    """Make `play_filler` work on a started session."""
    assert session.output.audio is not None
    session.output.audio = FillerOutput(session.output.audio)


async def play_filler(session: AgentSession[Any], line: PromptAudio) -> bool:
    """Play a line as `FillerOutput.play_filler` does; returns False for a session without fillers.

    This also resumes a reply that is paused because the caller spoke over it. The paused reply would block
    all other audio until the caller's words are known.
    """
    audio = session.output.audio
    if audio is not None:
        audio.resume()
        release_held(audio)
    while audio is not None and not isinstance(audio, FillerOutput):
        audio = audio.next_in_chain
    return audio is not None and await audio.play_filler(line)
