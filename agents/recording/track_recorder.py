"""One track of a room: heard, placed in time, and written as one segment."""

from __future__ import annotations

import asyncio
import uuid
from pathlib import Path

import numpy as np
from cryptography.fernet import MultiFernet
from livekit import rtc

from agents.recording.tape import Tape
from errors import StoreError
from persistence.contract.store import Store
from persistence.recording import Segment
from persistence.records import CallId
from recordings.folder import segment_path
from recordings.segment_file import RATE_HZ, Samples, SegmentWriter
from transfer.ports import Clock

HOLD_BACK_MS = 1_000
"""Sound is written so much later: a pause then cuts at its own moment. The recorder's death loses as much."""
_FRAME_MS = 100


class TrackRecorder:
    """Its file is made with its first sound, and its row before that."""

    def __init__(
        self, store: Store, clock: Clock, folder: Path, keys: MultiFernet, call: CallId, speaker: str
    ) -> None:
        self._store, self._clock = store, clock
        self._folder, self._keys = folder, keys
        self._call, self._speaker = call, speaker
        self._tape = Tape()
        self._segment: Segment | None = None
        self._writer: SegmentWriter | None = None
        self._ends_at = 0
        self.is_over = False
        """The track has ended: close it."""

    async def hear(self, track: rtc.Track) -> None:
        """Until the track ends."""
        stream = rtc.AudioStream(track, sample_rate=RATE_HZ, num_channels=1, frame_size_ms=_FRAME_MS)
        try:
            async for event in stream:
                self._tape.add(np.frombuffer(event.frame.data, np.int16), self._clock.now_ms())
        finally:
            self.is_over = True
            await stream.aclose()

    async def write(self, until: float) -> None:
        """Write what was heard before `until`, ms UTC.

        Raises: OSError (as a full disk), StaleHandoff (nothing may be recorded), StoreError (try again).
        """
        if self._segment is None:
            if (taken := self._tape.take(until)) is None:
                return
            started_at, samples = taken
            self._segment = Segment(uuid.uuid4().hex, self._call, self._speaker, started_at)
            try:
                await self._store.begin_segment(self._segment)
            except StoreError:
                self._segment = None
                raise
            path = segment_path(self._folder, self._call, self._segment.id)
            self._writer = await asyncio.to_thread(SegmentWriter, path, self._keys)
            await self._write(started_at, samples)
        elif (taken := self._tape.take(until)) is not None:
            await self._write(*taken)

    async def _write(self, started_at: int, samples: Samples) -> None:
        assert self._writer is not None
        await asyncio.to_thread(self._writer.write, samples)
        self._ends_at = started_at + round(1000 * len(samples) / RATE_HZ)

    async def close(self, until: float) -> None:
        """Write the rest, and end the segment. Raises as `write`."""
        try:
            await self.write(until)
        finally:
            if (writer := self._writer) is not None and self._segment is not None:
                self._writer = None
                await asyncio.to_thread(writer.close)
                await self._store.end_segment(self._segment.id, at=self._ends_at)
