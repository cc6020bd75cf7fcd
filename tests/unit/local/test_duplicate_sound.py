"""What a caller's ear does when LiveKit serves the next agent's sound under a dead one's name as well."""

from __future__ import annotations

import asyncio

import numpy as np
from livekit import rtc

from local.caller.audio_receiver import AudioReceiver, HeardTrack
from local.caller.tape import RATE_HZ, Samples
from local.caller.tasks import CallerTasks

FRAME_S = 0.01
VOICE = np.random.default_rng(1).normal(0, 5_000, (60, round(FRAME_S * RATE_HZ))).astype(np.int16)
QUIET = np.zeros(round(FRAME_S * RATE_HZ), np.int16)


class Ear(AudioReceiver):
    """A receiver whose clock advances by one frame with each call of `delivers`."""

    def __init__(self) -> None:
        self.now_s = 0.0
        super().__init__(rtc.Room(loop=asyncio.get_running_loop()), CallerTasks(), lambda: self.now_s)
        self.dead, self.next = HeardTrack("dead", "voice", "1"), HeardTrack("next", "voice", "2")
        self._tracks += [self.dead, self.next]

    def delivers(self, frame: Samples, *to: HeardTrack) -> None:
        for track in to:
            self._hear(track, frame)
        self.now_s += FRAME_S


def sounding_s(track: HeardTrack) -> float:
    return np.count_nonzero(track.tape.laid_out()) / RATE_HZ


async def test_the_next_agents_sound_is_not_the_dead_ones_however_late_it_shows() -> None:
    ear = Ear()
    for frame in VOICE[:20]:
        ear.delivers(frame, ear.dead)
    for _ in range(40):
        ear.delivers(QUIET, ear.dead)
    said_s = ear.dead.loud_s
    for frame in VOICE[20:37]:  # a busy event loop brings one stream's frames first
        ear.delivers(frame, ear.dead)
    for frame in VOICE[20:60]:
        ear.delivers(frame, ear.next)
    assert ear.dead.loud_s == said_s
    assert round(sounding_s(ear.dead), 2) == 0.2
    assert round(sounding_s(ear.next), 2) == 0.4


async def test_a_dead_agents_stream_may_stay_ahead_of_the_next_ones() -> None:
    ear, ahead = Ear(), 20
    for frame in VOICE[:ahead]:
        ear.delivers(frame, ear.dead)
    for late, early in zip(VOICE[:40], VOICE[ahead:60], strict=True):
        ear.delivers(early, ear.dead)
        ear.delivers(late, ear.next)
    assert ear.dead.loud_s is None
    assert round(sounding_s(ear.next), 2) == 0.4


async def test_an_agent_who_never_spoke_was_not_heard() -> None:
    ear = Ear()
    for frame in VOICE[:3]:
        ear.delivers(frame, ear.dead, ear.next)
    assert ear.dead.first_loud_s is None
    assert ear.dead.loud_s is None
    assert ear.next.first_loud_s == 0.0
