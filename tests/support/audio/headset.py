"""A microphone and an earpiece for a real AgentSession that has no room."""

from __future__ import annotations

import asyncio

import numpy as np
from livekit import rtc
from livekit.agents.voice import io

from agents.audio.trim_silence import Samples
from tests.support.audio.spoken import RATE

_FRAME = RATE // 50


class Microphone(io.AudioInput):
    """Delivers silence in real time until `say` gives it audio."""

    def __init__(self) -> None:
        super().__init__(label="microphone")
        self._waiting = np.zeros(0, np.int16)
        self._frames = 0
        self._began: float | None = None
        self._said = asyncio.Event()
        self._said.set()

    async def say(self, *sound: Samples) -> None:
        """Speaks, and returns when all of it has been delivered."""
        self._waiting = np.concatenate([self._waiting, *sound])
        self._said.clear()
        await self._said.wait()

    async def __anext__(self) -> rtc.AudioFrame:
        loop = asyncio.get_running_loop()
        self._began = self._began or loop.time()
        self._frames += 1
        await asyncio.sleep(self._began + self._frames * _FRAME / RATE - loop.time())
        part, self._waiting = self._waiting[:_FRAME], self._waiting[_FRAME:]
        if not len(self._waiting):
            self._said.set()
        return rtc.AudioFrame(part.tobytes().ljust(2 * _FRAME, b"\0"), RATE, 1, _FRAME)


class Earpiece(io.AudioOutput):
    """Takes the agent's audio and immediately reports it as played."""

    def __init__(self) -> None:
        super().__init__(
            label="earpiece", capabilities=io.AudioOutputCapabilities(pause=False), sample_rate=RATE
        )
        self._segment_s = 0.0
        self.heard = asyncio.Event()

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await super().capture_frame(frame)
        if not self._segment_s:
            self.on_playback_started(created_at=0.0)
        self._segment_s += frame.duration

    def flush(self) -> None:
        super().flush()
        self._finish(interrupted=False)

    def clear_buffer(self) -> None:
        self._finish(interrupted=True)

    def _finish(self, *, interrupted: bool) -> None:
        if self._segment_s:
            self.on_playback_finished(playback_position=self._segment_s, interrupted=interrupted)
            self.heard.set()
        self._segment_s = 0.0
