"""A caller who costs little: hears in 40 ms frames, records nothing, and only notes when a voice sounds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial

import numpy as np
from livekit import rtc

from agents.audio.own_frames import hear_own_frames
from agents.audio.voice_track import voice_options
from local.caller.audio_receiver import MUSIC_TRACK
from local.caller.caller import connected
from local.caller.tape import Samples
from tasks import Tasks

SPEAKS_HZ = 16_000
_HEARS_HZ, _HEARS_MS = 8_000, 40
_QUEUE_MS = 30_000
"""Longer than any line: a source that waits for room in its queue wakes for every frame that the process
hears. Between lines, the source sends silence by itself."""
_LOUD_RMS = 200.0
_TICK_S = 0.02
_CONNECT_LIMIT_S = 20.0
_LEAVE_LIMIT_S = 5.0


class LightCaller:
    """A caller in a room. Times are seconds since the caller connected."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._zero = self._loop.time()
        self._room = rtc.Room()
        self._source = rtc.AudioSource(SPEAKS_HZ, 1, queue_size_ms=_QUEUE_MS)
        self._tasks = Tasks()
        self.voice_at: float | None = None
        """When a voice was last heard. Music does not count."""
        self.sound_at: float | None = None
        self.first_voice_at: float | None = None
        self.agent_left_at = 0.0
        """When an agent last left the room; 0 if none has."""
        self.over = asyncio.Event()
        self._room.on("track_subscribed", self._on_track)
        self._room.on("participant_disconnected", self._on_left)
        self._room.on("disconnected", lambda _reason: self.over.set())

    @classmethod
    @asynccontextmanager
    async def join(cls, url: str, token: str) -> AsyncIterator[LightCaller]:
        """Join, without a microphone yet, until the block ends. Raises: rtc.ConnectError, TimeoutError."""
        caller = cls()
        try:
            async with asyncio.timeout(_CONNECT_LIMIT_S):
                await connected(caller._room, url, token)
                caller._zero = caller._loop.time()
            yield caller
        finally:
            await caller._tasks.cancel()
            with suppress(TimeoutError):
                async with asyncio.timeout(_LEAVE_LIMIT_S):
                    await caller._room.disconnect()
            await caller._source.aclose()

    @property
    def now(self) -> float:
        return self._loop.time() - self._zero

    async def open_microphone(self) -> None:
        """Publish a microphone, before the first line. A caller who only listens costs a tenth as much."""
        track = rtc.LocalAudioTrack.create_audio_track("microphone", self._source)
        async with asyncio.timeout(_CONNECT_LIMIT_S):
            await self._room.local_participant.publish_track(track, voice_options())

    async def say(self, line: Samples) -> float:
        """Say int16 mono samples at SPEAKS_HZ. Returns when the last one was sent."""
        await self._source.capture_frame(rtc.AudioFrame(line.tobytes(), SPEAKS_HZ, 1, len(line)))
        end = self.now + self._source.queued_duration
        await asyncio.sleep(max(0.0, end - self.now))
        return end

    async def hears(self, since: float, *, limit_s: float) -> float | None:
        """Return when a voice first sounds after `since`; None if the limit passes or the call ends first."""
        until = self.now + limit_s
        while self.now < until and not self.over.is_set():
            if self.voice_at is not None and self.voice_at > since:
                return self.voice_at
            await asyncio.sleep(_TICK_S)
        return None

    async def hears_out(self, pause_s: float, *, limit_s: float) -> None:
        """Wait until no voice has sounded for `pause_s`."""
        until = self.now + limit_s
        # Poll, because silence sends no event.
        while self.now < min(until, (self.voice_at or 0.0) + pause_s) and not self.over.is_set():  # noqa: ASYNC110
            await asyncio.sleep(_TICK_S)

    def _on_track(
        self, track: rtc.Track, publication: rtc.RemoteTrackPublication, _who: rtc.RemoteParticipant
    ) -> None:
        if isinstance(track, rtc.RemoteAudioTrack):
            is_music = publication.name == MUSIC_TRACK
            self._tasks.start(self._listen(track, is_music=is_music), name="listen")

    def _on_left(self, who: rtc.RemoteParticipant) -> None:
        if who.kind == rtc.ParticipantKind.PARTICIPANT_KIND_AGENT:
            self.agent_left_at = self.now

    async def _listen(self, track: rtc.RemoteAudioTrack, *, is_music: bool) -> None:
        stream = rtc.AudioStream(track, sample_rate=_HEARS_HZ, num_channels=1, frame_size_ms=_HEARS_MS)
        hear_own_frames(stream, partial(self._take, is_music=is_music))
        try:
            async for _ in stream:
                pass  # frames go to `_take`; this waits for the end of the track
        finally:
            await stream.aclose()

    def _take(self, frame: rtc.AudioFrame, *, is_music: bool) -> None:
        """Called in LiveKit's thread: no frame wakes the event loop."""
        samples = np.frombuffer(frame.data, np.int16)
        if np.sqrt(np.mean(np.square(samples, dtype=np.float32))) <= _LOUD_RMS:
            return
        self.sound_at = self.now
        if not is_music:
            self.voice_at = self.now
            self.first_voice_at = self.now if self.first_voice_at is None else self.first_voice_at
