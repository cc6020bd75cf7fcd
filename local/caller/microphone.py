"""The caller's microphone: sends frames on a steady clock, speech when queued and silence otherwise."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from livekit import rtc

from agents.audio.voice_track import voice_options
from local.caller.tape import RATE_HZ, Samples, Tape

_QUEUE_MS = 40  # AudioSource's default of 1,000 ms would delay the caller by a second (livekit-facts)
_FRAME = RATE_HZ // 50  # 20 ms
_LEAVES_AFTER_S = 0.03
"""From the return of capture_frame until the frame's first sample is sent: the frame is the last 20 ms of a
full 40 ms queue, and the source sends 10 ms at a time. Measured against no queue: 28 ms."""

_STUCK_S = 10.0  # on top of the audio's length, including what was queued before it
_CLOSED = "the microphone is closed"

_idle_sources: dict[asyncio.AbstractEventLoop, list[rtc.AudioSource]] = {}
"""Audio sources of callers who have left, kept for reuse, by event loop. The SDK never frees the source of a
room that the server closed, nor its thread, which wakes 100 times a second
(github.com/livekit/rust-sdks/issues/1443)."""


def _idle_sources_of_loop() -> list[rtc.AudioSource]:
    """Return the running loop's idle sources, and forget those of closed loops."""
    for closed in [loop for loop in _idle_sources if loop.is_closed()]:
        del _idle_sources[closed]
    return _idle_sources.setdefault(asyncio.get_running_loop(), [])


@dataclass(slots=True)
class _Utterance:
    samples: Samples
    said: asyncio.Future[float]  # when its last sample was sent


class Microphone:
    """Publishes one track. The source's own 10 ms clock paces the frames, so they never burst."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._idle = _idle_sources_of_loop()
        self._source = (
            self._idle.pop() if self._idle else rtc.AudioSource(RATE_HZ, 1, queue_size_ms=_QUEUE_MS)
        )
        self._waiting: asyncio.Queue[_Utterance] = asyncio.Queue()
        self._closed = False
        self._track: rtc.LocalAudioTrack | None = None
        self._noise: Samples | None = None
        self._noise_at = 0
        self.tape = Tape()

    def surround_with(self, noise: Samples | None) -> None:
        """Repeat this noise (int16 mono, RATE_HZ) without end, under speech and silence; None: no noise."""
        self._noise_at = 0
        self._noise = None if noise is None else noise[: len(noise) // _FRAME * _FRAME]

    async def publish(self, room: rtc.Room, *, name: str = "microphone") -> None:
        self._track = track = rtc.LocalAudioTrack.create_audio_track(name, self._source)
        await room.local_participant.publish_track(track, voice_options())

    def mute(self) -> None:
        if self._track is not None:
            self._track.mute()

    async def pump(self) -> None:
        """Send queued speech, and silence in between, until cancelled."""
        silence = np.zeros(_FRAME, np.int16)
        try:
            while True:
                if self._waiting.empty():
                    await self._send(silence)
                else:
                    await self._speak(self._waiting.get_nowait())
        finally:
            self._closed = True
            while not self._waiting.empty():
                self._waiting.get_nowait().said.cancel()
            self._source.clear_queue()
            self._idle.append(self._source)

    async def play(self, samples: Samples) -> float:
        """Queue samples (int16 mono, RATE_HZ), and wait. Return when the last was sent, in clock seconds.

        Raises: ConnectionError, if the microphone closes first; TimeoutError, if it is stuck.
        """
        if self._closed:
            raise ConnectionError(_CLOSED)
        said: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._waiting.put_nowait(_Utterance(samples, said))
        try:
            async with asyncio.timeout(len(samples) / RATE_HZ + _STUCK_S):
                ended_s = await said
        except asyncio.CancelledError:
            if said.cancelled() and self._closed:
                raise ConnectionError(_CLOSED) from None
            raise
        await asyncio.sleep(
            ended_s - self._now_s()
        )  # until the audio has played out: so far it is only queued
        return ended_s

    async def _speak(self, utterance: _Utterance) -> None:
        whole = np.pad(utterance.samples, (0, -len(utterance.samples) % _FRAME))
        try:
            for frame in whole.reshape(-1, _FRAME):
                await self._send(frame)
        except BaseException:
            utterance.said.cancel()
            raise
        if not utterance.said.done():
            utterance.said.set_result(self._now_s() + _LEAVES_AFTER_S + _FRAME / RATE_HZ)

    async def _send(self, frame: Samples) -> None:
        sent = self._in_noise(frame)
        await self._source.capture_frame(rtc.AudioFrame(sent.tobytes(), RATE_HZ, 1, len(sent)))
        self.tape.add(frame, self._now_s() + _LEAVES_AFTER_S)

    def _in_noise(self, frame: Samples) -> Samples:
        if self._noise is None:
            return frame
        noise = self._noise[self._noise_at : self._noise_at + _FRAME]
        self._noise_at = (self._noise_at + _FRAME) % len(self._noise)
        limits = np.iinfo(np.int16)
        mixed = np.clip(frame.astype(np.int32) + noise, limits.min, limits.max)
        return np.asarray(mixed, np.int16)
