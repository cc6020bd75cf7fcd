"""One track of a room: heard, placed in time, and written as one segment."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from cryptography.fernet import MultiFernet
from livekit import rtc

from agents.audio.own_frames import hear_own_frames
from agents.recording.tape import Tape
from errors import StaleHandoff, StoreError
from persistence.contract.store import Store
from persistence.recording import Segment
from persistence.records import CallId
from recordings.folder import segment_path
from recordings.segment_file import RATE_HZ, Samples, SegmentWriter
from transfer.ports import Clock

HOLD_BACK_MS = 1_000
"""Sound is written this much later, so a pause cuts at its own moment. A dying recorder loses as much."""
_FRAME_MS = 200
_ON_ITS_WAY_MS = 25
"""The delay from a speaker's lips to a frame here: a packet, and what LiveKit's receiver holds back.

Callers' tracks were 27 to 77 ms late compared with what they said (docs/measurements.md, "What is kept").
"""


class TrackRecorder:
    """Records one track. Its file is made with its first sound, and its row before that."""

    def __init__(
        self, store: Store, clock: Clock, folder: Path, keys: MultiFernet, call: CallId, speaker: str
    ) -> None:
        self._store, self._clock = store, clock
        self._folder, self._keys = folder, keys
        self._call, self._speaker = call, speaker
        self._tape = Tape()
        self._segment: Segment | None = None
        self._writer: SegmentWriter | None = None
        self._heard: tuple[int, Samples] | None = None  # already taken; the store did not answer
        self._ends_at = 0
        self.is_over = False
        """Whether the track has ended, and must be closed."""

    async def hear(self, track: rtc.Track) -> None:
        """Hear the track until it ends."""
        stream = rtc.AudioStream(track, sample_rate=RATE_HZ, num_channels=1, frame_size_ms=_FRAME_MS)
        hear_own_frames(stream, self._take)
        try:
            async for _ in stream:
                pass  # only its end comes here
        finally:
            self.is_over = True
            await stream.aclose()

    def _take(self, frame: rtc.AudioFrame) -> None:
        """Called in LiveKit's thread: no frame wakes the event loop."""
        self._tape.add(np.frombuffer(frame.data, np.int16), self._clock.now_ms() - _ON_ITS_WAY_MS)

    async def taken(self, until: float) -> Callable[[], None] | None:
        """Return a function that writes the sound before `until`, ms UTC. It blocks, and raises OSError.

        None: there is no sound. Raises: StaleHandoff (nothing may be recorded), StoreError (try again).
        """
        heard, self._heard = self._heard or self._tape.take(until), None
        if heard is None:
            return None
        if self._segment is None:
            segment = Segment(uuid.uuid4().hex, self._call, self._speaker, heard[0])
            try:
                await self._store.begin_segment(segment)
            except StaleHandoff:
                raise
            except StoreError:
                self._heard = heard
                raise
            self._segment = segment
        return partial(self._write, self._segment, *heard)

    def _write(self, segment: Segment, started_at: int, samples: Samples) -> None:
        if self._writer is None:
            self._writer = SegmentWriter(segment_path(self._folder, self._call, segment.id), self._keys)
        self._writer.write(samples)
        self._ends_at = started_at + round(1000 * len(samples) / RATE_HZ)

    async def close(self, until: float) -> None:
        """Write the rest, and end the segment. Raises as `taken` and what it returns."""
        try:
            while (writing := await self.taken(until)) is not None:
                await asyncio.to_thread(writing)
        finally:
            if (writer := self._writer) is not None and self._segment is not None:
                self._writer = None
                await asyncio.to_thread(writer.close)
                await self._store.end_segment(self._segment.id, at=self._ends_at)
