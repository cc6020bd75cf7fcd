"""Hold music is audible from the first moment and for as long as the caller holds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import ClassVar, cast

import numpy as np
import pytest
from livekit import rtc
from livekit.agents import BackgroundAudioPlayer

from agents.audio import hold_music as module
from agents.audio.hold_music import HoldMusic, hold_music
from clock import SystemClock
from local.measure.lanes import spans

HELD_S = 120.0  # more than twice the clip's length
HEARD_WITHIN_MS = 300


@pytest.mark.fault("B4")
async def test_a_caller_on_hold_never_hears_silence() -> None:
    music = hold_music(asyncio.Event())
    assert isinstance(music.source, AsyncGenerator)
    samples, rate = await first_seconds(music.source, HELD_S)
    heard = spans((samples * music.volume).astype(np.int16), rate)
    assert heard[0].start_ms <= HEARD_WITHIN_MS
    assert len(heard) == 1, "there is no pause in it that is longer than one between two words"
    assert heard[0].end_ms >= 1_000 * HELD_S - HEARD_WITHIN_MS


class Room:
    connection_state = rtc.ConnectionState.CONN_CONNECTED


class Unheard:
    """A player whose track nobody receives."""

    made: ClassVar[list[Unheard]] = []

    def __init__(self) -> None:
        self.made.append(self)
        self.publication, self.closed = self, False

    async def start(self, *, room: rtc.Room, track_publish_options: rtc.TrackPublishOptions) -> None: ...

    async def wait_for_subscription(self) -> None:
        await asyncio.Event().wait()

    async def aclose(self) -> None:
        self.closed = True


async def test_music_that_is_cancelled_while_it_starts_does_not_play_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "BackgroundAudioPlayer", Unheard)
    music = HoldMusic(cast(rtc.Room, Room()), SystemClock())
    starting = [asyncio.create_task(music.start()) for _ in range(2)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    for start in starting:
        start.cancel()
    await asyncio.wait(starting)
    assert not music.plays
    assert [player.closed for player in Unheard.made] == [True], "two who want it at once get one"


async def first_seconds(
    source: AsyncGenerator[rtc.AudioFrame, None], seconds: float
) -> tuple[np.typing.NDArray[np.int16], int]:
    played, frames = 0.0, []
    async with aclosing(source):
        async for frame in source:
            frames.append(frame)
            played += frame.duration
            if played >= seconds:
                break
    rate = frames[0].sample_rate
    return np.concatenate([np.frombuffer(frame.data, np.int16) for frame in frames]), rate


class Player:
    """A player whose mixer has `blocks` left; its source is full, so each block waits for `clear_queue`."""

    def __init__(self, blocks: int) -> None:
        self.heard: list[int] = []
        self._queued: list[int] = []
        self._room_in_it = asyncio.Event()
        self._audio_mixer = self._audio_source = self
        self._mixer_atask = asyncio.create_task(self._mix(blocks))

    async def _mix(self, blocks: int) -> None:
        for block in range(blocks):
            await self._room_in_it.wait()
            self._room_in_it.clear()
            self._queued.append(block)

    def end_input(self) -> None: ...

    def clear_queue(self) -> None:
        self._queued.clear()
        self._room_in_it.set()

    async def wait_for_playout(self) -> None:
        self.heard += self._queued


async def test_of_music_that_is_still_on_its_way_only_the_end_is_heard() -> None:
    player = Player(blocks=5)
    async with asyncio.timeout(600):
        await module._played_out(cast(BackgroundAudioPlayer, player))
    assert player.heard == [4]
