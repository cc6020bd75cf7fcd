"""The copier: who is heard when, and that the delay never grows."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
from livekit import rtc

from agents.people.copier import ENOUGH_S, RATE, TOO_LATE_S, Copier
from tasks import Tasks
from tests.support.audio.tracks import speak, streams_woken_by_others

STEP = RATE // 50
LOUDNESSES = (1_000, 2_000, 3_000)
LIMIT_S = 600.0


class FakeRoom:
    remote_participants: dict[str, Any] = {}  # noqa: RUF012

    def on(self, *_: object) -> None: ...

    def off(self, *_: object) -> None: ...


class FakeSource:
    """Keeps the frames it gets. `queued_duration`: how much sound still waits in it."""

    def __init__(self) -> None:
        self.sent: list[rtc.AudioFrame] = []
        self.queued_duration = 0.0

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        self.sent.append(frame)


def frame(peak: int) -> rtc.AudioFrame:
    return rtc.AudioFrame(np.full(STEP, peak, np.int16).tobytes(), RATE, 1, STEP)


class Bridge:
    def __init__(self) -> None:
        self.open = False
        self.source = FakeSource()
        self.heard = 0
        self.copier = Copier(
            cast(rtc.Room, FakeRoom()),
            "person",
            cast(rtc.AudioSource, self.source),
            is_open=lambda: self.open,
            hear=self._hear,
        )

    def _hear(self, _: rtc.AudioFrame) -> None:
        self.heard += 1


async def test_nothing_is_copied_before_the_bridge_opens_and_nothing_after_it_closes() -> None:
    bridge = Bridge()
    await bridge.copier.copy_frame(frame(9_000))
    assert (bridge.source.sent, bridge.heard) == ([], 1)
    bridge.open = True
    await bridge.copier.copy_frame(frame(9_000))
    bridge.open = False
    await bridge.copier.copy_frame(frame(9_000))
    assert (len(bridge.source.sent), bridge.heard) == (1, 3)


async def test_what_would_wait_too_long_is_left_out_so_that_no_delay_grows() -> None:
    bridge = Bridge()
    bridge.open = True
    for waiting_s in (0.0, TOO_LATE_S, TOO_LATE_S + 0.01, 1.0, 0.02):
        bridge.source.queued_duration = waiting_s
        await bridge.copier.copy_frame(frame(1_000))
    assert len(bridge.source.sent) == 3


async def test_a_delay_that_a_stall_has_left_ends_with_the_next_pause() -> None:
    bridge = Bridge()
    bridge.open = True
    bridge.source.queued_duration = ENOUGH_S + 0.02
    for peak in (1_000, 30, 30, 1_000):
        await bridge.copier.copy_frame(frame(peak))
    assert [int(sent.data[0]) for sent in bridge.source.sent] == [1_000, 1_000]
    bridge.source.queued_duration = ENOUGH_S
    await bridge.copier.copy_frame(frame(30))
    assert len(bridge.source.sent) == 3


async def test_the_first_sound_is_the_first_that_can_be_heard() -> None:
    bridge = Bridge()
    await bridge.copier.copy_frame(frame(9_000))
    assert not bridge.copier.first_sound.is_set(), "it was not copied"
    bridge.open = True
    await bridge.copier.copy_frame(frame(30))
    assert not bridge.copier.first_sound.is_set(), "a microphone's own noise is no word"
    await bridge.copier.copy_frame(frame(-2_000))
    assert bridge.copier.first_sound.is_set()


async def test_each_copier_hears_its_own_track_alone_and_wakes_for_no_other() -> None:
    tasks, bridges, sources = Tasks(), [], []
    before = streams_woken_by_others()
    for loudness in LOUDNESSES:
        bridge, source = Bridge(), rtc.AudioSource(RATE, 1)
        bridge.open = True
        track = rtc.LocalAudioTrack.create_audio_track("microphone", source)
        bridge.copier._on_track(
            track, cast(Any, SimpleNamespace()), cast(Any, SimpleNamespace(identity="person"))
        )
        tasks.start(bridge.copier.run(), name="copy")
        tasks.start(speak(source, loudness), name="speak")
        bridges.append(bridge)
        sources.append(source)
    async with asyncio.timeout(LIMIT_S):
        for bridge in bridges:
            await bridge.copier.first_sound.wait()
        assert streams_woken_by_others() <= before
        await tasks.cancel()
    for source in sources:
        await source.aclose()
    for bridge, loudness in zip(bridges, LOUDNESSES, strict=True):
        sent = np.concatenate([np.frombuffer(one.data, np.int16) for one in bridge.source.sent])
        assert abs(int(np.abs(sent).max()) - loudness) < LOUDNESSES[0] // 2
