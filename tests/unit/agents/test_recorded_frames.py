"""A recorder hears its own track alone, whoever else is recorded in the process. Needs no server."""

from __future__ import annotations

import asyncio
import math
from pathlib import Path

import numpy as np
from cryptography.fernet import Fernet, MultiFernet
from livekit import rtc

from agents.recording.tape import Tape
from agents.recording.track_recorder import TrackRecorder
from clock import SystemClock
from persistence.records import CALLER, CallId
from recordings.segment_file import RATE_HZ, Samples
from tasks import Tasks
from tests.support.audio.tracks import speak, streams_woken_by_others
from tests.support.memory_store import MemoryStore

LOUDNESSES = (1_000, 2_000, 3_000)
QUIETEST = LOUDNESSES[0] // 2
"""A speaker's samples are louder than this. A source that nobody has spoken into yet gives silence."""
LIMIT_S = 600.0


class CountingTape(Tape):
    """Sets `is_full` once it has a second of sound."""

    def __init__(self) -> None:
        super().__init__()
        self._loop, self._left = asyncio.get_running_loop(), RATE_HZ
        self.is_full = asyncio.Event()

    def add(self, samples: Samples, heard_at: float) -> None:
        super().add(samples, heard_at)
        self._left -= int((np.abs(samples) > QUIETEST).sum())
        if self._left <= 0:
            self._loop.call_soon_threadsafe(self.is_full.set)


async def test_each_recorder_hears_its_own_track_alone(tmp_path: Path) -> None:
    keys, tasks = MultiFernet([Fernet(Fernet.generate_key())]), Tasks()
    sources, tapes = [], []
    before = streams_woken_by_others()
    for loudness in LOUDNESSES:
        source = rtc.AudioSource(RATE_HZ, 1)
        track = rtc.LocalAudioTrack.create_audio_track("microphone", source)
        recorder = TrackRecorder(MemoryStore(), SystemClock(), tmp_path, keys, CallId("call-1"), CALLER)
        recorder._tape = tape = CountingTape()
        tasks.start(recorder.hear(track), name="hear")
        tasks.start(speak(source, loudness), name="speak")
        sources.append(source)
        tapes.append(tape)
    async with asyncio.timeout(LIMIT_S):
        for tape in tapes:
            await tape.is_full.wait()
        assert streams_woken_by_others() <= before
        await tasks.cancel()
    for source in sources:
        await source.aclose()
    for tape, loudness in zip(tapes, LOUDNESSES, strict=True):
        taken = tape.take(math.inf)
        assert taken is not None
        sounding = taken[1][np.abs(taken[1]) > QUIETEST]
        assert len(sounding) > RATE_HZ // 2
        assert np.abs(sounding.astype(int) - loudness).max() < QUIETEST
