"""A track's sound reaches its file whole, whatever happens to the store or to another track's file."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from cryptography.fernet import Fernet, MultiFernet

from agents.recording import call_recorder
from agents.recording.track_recorder import TrackRecorder
from clock import SystemClock
from errors import StaleHandoff, StoreError
from persistence.contract.store import Store
from persistence.recording import RecordingState, Segment
from persistence.records import CALLER
from recordings.folder import files_of
from recordings.segment_file import FRAME, RATE_HZ, packets_of, read_segment
from tests.contract.building import HOLDER, START, a_call
from tests.support.memory_store import MemoryStore

KEYS = MultiFernet([Fernet(Fernet.generate_key())])
CALL = a_call()
SECOND = np.full(RATE_HZ, 999, np.int16)
PACKETS = RATE_HZ // FRAME
"""Packets of one second."""


class Deaf(MemoryStore):
    """Refuses every new segment while it is down."""

    is_down = True

    async def begin_segment(self, segment: Segment) -> None:
        if self.is_down:
            raise StoreError("it does not answer")
        await super().begin_segment(segment)


async def a_track(store: Store, folder: Path) -> TrackRecorder:
    """Return a recorder that has heard a second of sound, which began at START."""
    await store.open_call(CALL)
    await store.decide_recording(CALL.id, allowed=True, job=HOLDER, at=START)
    track = TrackRecorder(store, SystemClock(), folder, KEYS, CALL.id, CALLER)
    track._tape.add(SECOND, START + 1_000)
    return track


async def test_what_is_said_while_the_store_does_not_answer_is_not_lost(tmp_path: Path) -> None:
    store = Deaf()
    track = await a_track(store, tmp_path)
    for later in (1_000, 1_500):
        with pytest.raises(StoreError):
            await track.taken(START + later)
    track._tape.add(SECOND, START + 2_000)
    store.is_down = False
    await track.close(math.inf)
    (segment,) = await store.segments(CALL.id)
    assert (segment.started_at, segment.ended_at) == (START, START + 2_000)
    (path,) = files_of(tmp_path, CALL.id)
    assert len(packets_of(read_segment(path, KEYS))) >= 2 * PACKETS


async def test_what_was_heard_when_nothing_may_be_recorded_is_not_written_later(tmp_path: Path) -> None:
    store = MemoryStore()
    track = await a_track(store, tmp_path)
    await store.move_recording(CALL.id, RecordingState.PAUSED, by="anna", at=START)
    with pytest.raises(StaleHandoff):
        await track.taken(START + 1_000)
    await store.move_recording(CALL.id, RecordingState.ON, by="anna", at=START + 1_000)
    assert await track.taken(math.inf) is None


async def test_a_track_that_cannot_be_written_takes_nothing_from_the_others(tmp_path: Path) -> None:
    track = await a_track(MemoryStore(), tmp_path)
    writing = await track.taken(math.inf)
    assert writing is not None

    def full() -> None:
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        call_recorder._write([full, writing])
    await track.close(math.inf)
    (path,) = files_of(tmp_path, CALL.id)
    assert len(packets_of(read_segment(path, KEYS))) >= PACKETS
