"""Whether a person's voice still arrives, judged by its packets. Virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest
from livekit import rtc

from agents.people.arrival import LOST_AFTER_S, Arrival
from transfer.desk_protocol import DESK_BEAT

pytestmark = pytest.mark.looptime

PERSON = "person-1"
DTX_S = 0.4
"""How often Opus sends a packet of silence."""
BEAT_S = 0.4


class FakeVoice:
    """A track whose packets come every `DTX_S` seconds, unless it is cut off. `busy`: counting fails."""

    kind = rtc.TrackKind.KIND_AUDIO

    def __init__(self) -> None:
        self.packets, self.cut, self.busy = 0, False, False

    async def send(self) -> None:
        while True:
            await asyncio.sleep(DTX_S)
            self.packets += not self.cut

    async def get_stats(self) -> list[Any]:
        if self.busy:
            raise OSError("the track has gone")
        received = SimpleNamespace(packets_received=self.packets)
        return [SimpleNamespace(inbound_rtp=SimpleNamespace(received=received), HasField=lambda _: True)]


class World:
    def __init__(self) -> None:
        self.voice, self.told = FakeVoice(), list[tuple[str, float]]()
        self.publication = SimpleNamespace(track=self.voice, muted=False)
        person = SimpleNamespace(track_publications={"mic": self.publication})
        self.room = SimpleNamespace(
            remote_participants={PERSON: person},
            on=lambda _, heard: self.heard.append(heard),
            off=lambda _, heard: self.heard.remove(heard),
        )
        self.heard: list[Callable[[Any], None]] = []
        self.arrival = Arrival(
            cast(rtc.Room, self.room),
            PERSON,
            lost=lambda: self._tell("lost"),
            back=lambda: self._tell("back"),
        )

    def _tell(self, what: str) -> None:
        self.told.append((what, asyncio.get_running_loop().time()))

    async def beats(self, seconds: float, *, of: str = PERSON, topic: str = DESK_BEAT) -> None:
        """Send what a page sends, for so many seconds."""
        for _ in range(round(seconds / BEAT_S)):
            for heard in self.heard:
                heard(SimpleNamespace(topic=topic, participant=SimpleNamespace(identity=of)))
            await asyncio.sleep(BEAT_S)

    @property
    def words(self) -> list[str]:
        return [what for what, _ in self.told]


@asynccontextmanager
async def watching() -> AsyncIterator[World]:
    """Yield a person who was silent for ten seconds and does not count as lost."""
    world = World()
    tasks = [asyncio.create_task(world.voice.send()), asyncio.create_task(world.arrival.watch())]
    await asyncio.sleep(10)
    assert not world.told
    try:
        yield world
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_voice_that_stops_is_lost_within_a_second_and_a_half_and_back_with_its_first_packet() -> None:
    async with watching() as world:
        cut_at = asyncio.get_running_loop().time()
        world.voice.cut = True
        await asyncio.sleep(5)
        assert world.words == ["lost"]
        assert world.told[0][1] - cut_at <= LOST_AFTER_S + 0.5
        world.voice.cut = False
        await asyncio.sleep(1)
        assert world.words == ["lost", "back"]


async def test_a_muted_voice_sends_nothing_and_is_not_lost() -> None:
    async with watching() as world:
        world.voice.cut = world.publication.muted = True
        await asyncio.sleep(10)
        assert not world.told


async def test_a_muted_page_without_beats_is_lost_within_a_second_and_a_half_and_back_with_the_next() -> None:
    async with watching() as world:
        world.voice.cut = world.publication.muted = True
        await world.beats(10)
        assert not world.told, "muted for long, and there"
        cut_at = asyncio.get_running_loop().time()
        await asyncio.sleep(5)
        assert world.words == ["lost"]
        assert world.told[0][1] - cut_at <= 1.5
        await world.beats(2)
        assert world.words == ["lost", "back"]


async def test_nobody_else_beats_for_a_person() -> None:
    async with watching() as world:
        world.voice.cut = world.publication.muted = True
        await world.beats(1)
        await world.beats(2, of="somebody else")
        await world.beats(2, topic="something else")
        assert world.words == ["lost"]


async def test_a_person_who_left_the_room_is_not_told_to_be_back() -> None:
    async with watching() as world:
        world.voice.cut = True
        await asyncio.sleep(2)
        world.room.remote_participants.clear()
        await asyncio.sleep(2)
        assert world.words == ["lost"]


async def test_packets_that_could_not_be_counted_change_nothing() -> None:
    async with watching() as world:
        world.voice.cut = True
        await asyncio.sleep(2)
        world.voice.busy = True
        await asyncio.sleep(2)
        world.voice.busy = False
        await asyncio.sleep(2)
        assert world.words == ["lost"], "a busy process is no packet"
