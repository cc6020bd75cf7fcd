"""An output for a session without a room: plays in real time, and behaves like LiveKit's when paused."""

from __future__ import annotations

import asyncio

import numpy as np
from livekit import rtc
from livekit.agents.voice import io

from agents.audio.trim_silence import Samples

_QUEUED_S = 0.27


class Loudspeaker(io.AudioOutput):
    """Drops its queue when something arrives during a pause, as LiveKit's output does.

    `heard`: the played samples, without the silence between them. `lane()`: with the silence, since the
    beginning. `subscribed`: an unshielded future, such as the one with which LiveKit's output waits for its
    first listener.
    """

    def __init__(self, rate: int) -> None:
        super().__init__(
            label="loudspeaker", capabilities=io.AudioOutputCapabilities(pause=True), sample_rate=rate
        )
        self._rate = rate
        self.subscribed = asyncio.get_running_loop().create_future()
        self.subscribed.set_result(None)
        self._began = asyncio.get_running_loop().time()
        self._played: list[tuple[float, bytes]] = []  # when each part began, in seconds since the beginning
        self._queue = b""
        self._waiting = b""  # what arrived during a pause
        self._advanced_at = self._began
        self._segment = 0
        self._paused = False

    @property
    def now_s(self) -> float:
        return asyncio.get_running_loop().time() - self._began

    @property
    def heard(self) -> bytes:
        self._advance()
        return b"".join(part for _, part in self._played)

    @property
    def position_s(self) -> float:
        return len(self.heard) / 2 / self._rate

    def lane(self) -> Samples:
        """Return what sounded since the beginning, with the silences."""
        self._advance()
        lane = np.zeros(round(self.now_s * self._rate) + self._rate, np.int16)
        for start_s, part in self._played:
            start = round(start_s * self._rate)
            samples = np.frombuffer(part, np.int16)
            lane[start : start + len(samples)] = samples
        return lane

    def _advance(self) -> None:
        now = asyncio.get_running_loop().time()
        count = 2 * round((now - self._advanced_at) * self._rate)
        if self._queue:
            self._played.append((self._advanced_at - self._began, self._queue[:count]))
            self._queue = self._queue[count:]
        self._advanced_at = now

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await self.subscribed
        if not self._pending_playback_count:
            self.on_playback_started(created_at=0.0)
        await super().capture_frame(frame)
        self._advance()
        if self._paused:
            self._queue = b""
            self._waiting += bytes(frame.data)
        else:
            self._queue += bytes(frame.data)
            assert len(self._queue) <= 2 * self._rate * _QUEUED_S, "more than a little ahead"

    def flush(self) -> None:
        super().flush()
        self._segment += 1
        left_s = len(self._queue) / 2 / self._rate
        asyncio.get_running_loop().call_later(left_s, self._over, self._segment)

    def _over(self, segment: int) -> None:
        if segment == self._segment and self._pending_playback_count:
            self._advance()
            self.on_playback_finished(playback_position=self.position_s, interrupted=False)

    def clear_buffer(self) -> None:
        self._advance()
        self._segment += 1
        self._queue = self._waiting = b""
        if self._pending_playback_count:
            self.on_playback_finished(playback_position=self.position_s, interrupted=True)

    def pause(self) -> None:
        self._paused = True

    def resume(self) -> None:
        self._advance()
        self._paused = False
        self._queue, self._waiting = self._queue + self._waiting, b""
