"""Copies one participant's voice from one room into a track of another."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import numpy as np
from livekit import rtc

from agents.audio.own_frames import hear_own_frames

RATE = 48_000
_FRAME_MS = 20
_QUEUE_MS = 200
TOO_LATE_S = 0.08
"""The most sound that may wait in the track. Two clocks drift apart, and a process may stall: any more sound
is dropped, so that the delay never grows. If the voice is late, the track sends silence by itself."""
ENOUGH_S = 0.04
"""The most silence that may wait: a delay left by a stall is made up at the voice's next pause."""
_WAITING_FRAMES = 5  # while this process stalls; beyond that, the oldest are dropped
_AUDIBLE = 330
"""Peak of 16-bit samples, -40 dBFS: less is a microphone's own noise."""


class Copier:
    """Copies one direction while `is_open` is true; `hear` gets every frame, open or not."""

    def __init__(
        self,
        room: rtc.Room,
        identity: str,
        source: rtc.AudioSource,
        *,
        is_open: Callable[[], bool],
        hear: Callable[[rtc.AudioFrame], None] | None = None,
        voice_alone: bool = False,
    ) -> None:
        """`voice_alone`: copy an agent's voice, but not its music."""
        self._voice_alone = voice_alone
        self._room, self._identity, self._source = room, identity, source
        self._is_open, self._hear = is_open, hear
        self._tracks: asyncio.Queue[rtc.Track] = asyncio.Queue()
        self.first_sound = asyncio.Event()
        """Set once something audible was copied."""
        room.on("track_subscribed", self._on_track)
        present = room.remote_participants.get(identity)
        for publication in present.track_publications.values() if present else ():
            if publication.track is not None:
                self._on_track(publication.track, publication, present)

    def _on_track(
        self, track: rtc.Track, as_: rtc.RemoteTrackPublication, of: rtc.RemoteParticipant | None
    ) -> None:
        if self._voice_alone and as_.source != rtc.TrackSource.SOURCE_MICROPHONE:
            return
        if of is not None and of.identity == self._identity and track.kind == rtc.TrackKind.KIND_AUDIO:
            self._tracks.put_nowait(track)

    async def run(self) -> None:
        """Copy the latest track of the participant, also after they come back. Runs until cancelled."""
        copying: asyncio.Task[None] | None = None
        try:
            while True:
                track = await self._tracks.get()
                if copying is not None:
                    copying.cancel()
                    await asyncio.gather(copying, return_exceptions=True)
                copying = asyncio.create_task(self._copy(track), name="copy a track")
        finally:
            self._room.off("track_subscribed", self._on_track)
            if copying is not None:
                copying.cancel()
                await asyncio.gather(copying, return_exceptions=True)

    async def _copy(self, track: rtc.Track) -> None:
        frames = rtc.AudioStream(
            track, capacity=_WAITING_FRAMES, sample_rate=RATE, num_channels=1, frame_size_ms=_FRAME_MS
        )
        hear_own_frames(frames)
        try:
            async for event in frames:
                await self.copy_frame(event.frame)
        finally:
            await frames.aclose()

    async def copy_frame(self, frame: rtc.AudioFrame) -> None:
        if self._hear is not None:
            self._hear(frame)
        if not self._is_open() or self._is_late(frame):
            return
        await self._source.capture_frame(frame)
        if not self.first_sound.is_set() and is_audible(frame):
            self.first_sound.set()

    def _is_late(self, frame: rtc.AudioFrame) -> bool:
        waits_s = self._source.queued_duration
        return waits_s > TOO_LATE_S or (waits_s > ENOUGH_S and not is_audible(frame))


def voice_source() -> rtc.AudioSource:
    return rtc.AudioSource(RATE, 1, queue_size_ms=_QUEUE_MS)


def is_audible(frame: rtc.AudioFrame) -> bool:
    samples = np.frombuffer(frame.data, np.int16)
    return len(samples) > 0 and int(np.abs(samples.astype(np.int32)).max()) > _AUDIBLE
