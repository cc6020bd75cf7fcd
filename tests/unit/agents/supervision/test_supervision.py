"""A holder obeys the listeners' rows: who hears a supervisor, and when its model is silent. Virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest
from livekit import rtc

from agents.supervision.supervision import CallInHands, Supervision
from agents.supervision.supervisor_voice import Heard
from errors import LineFailed
from persistence.access import Listener, ListenerMode, ListenerState
from tests.contract.building import CALL, START

pytestmark = pytest.mark.looptime

LISTEN, COACH, BARGE, TAKE_OVER = ListenerMode


class FakeRoom:
    def __init__(self, identity: str, *, fails: bool) -> None:
        self.identity, self.is_here, self._fails = identity, True, fails
        self.left = False

    async def join(self) -> None:
        if self._fails:
            raise LineFailed("out of reach")

    async def leave(self) -> None:
        self.left = True


class FakeVoice:
    def __init__(self, heard: Callable[[], Heard]) -> None:
        self.heard, self.runs = heard, False

    def start(self) -> None:
        self.runs = True

    async def stop(self) -> None:
        self.runs = False

    async def publish(self, *_: rtc.Room | None) -> None: ...


class World:
    """The call in the holder's hands, and what was done to it."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.callers_room = self.persons_room = self.seconds_room = cast(Any, None)
        self.apart = self.out_of_reach = False
        self.rooms: list[FakeRoom] = []
        self.voices: list[FakeVoice] = []
        self.supervision = Supervision(cast(Any, self), cast(CallInHands, self))

    async def interrupt(self, *, force: bool) -> None:
        assert force
        self.done.append("interrupted")

    def fall_silent(self) -> None:
        self.done.append("silent")

    async def let_go(self, by: str) -> None:
        self.done.append(f"{by} lets the person go")
        self.persons_room = None

    async def go_on(self, by: str) -> None:
        self.done.append(f"goes on after {by}")

    def join(self, identity: str) -> Any:
        self.rooms.append(FakeRoom(identity, fails=self.out_of_reach))
        return self.rooms[-1]

    def voice(self, _: object, __: str, heard: Callable[[], Heard]) -> Any:
        self.voices.append(FakeVoice(heard))
        return self.voices[-1]

    async def has_left(self, identity: str) -> None:
        self.done.append(f"{identity} has left")
        self.supervision.follow([])

    def follow(self, *modes: ListenerMode) -> None:
        """Follow listeners' rows with these modes: first Ann's, then Bob's."""
        self.supervision.follow(
            [
                Listener(f"listener-{number}", CALL, name, None, ListenerState.JOINED, START, START, mode)
                for number, (name, mode) in enumerate(zip(("Ann", "Bob"), modes, strict=False), start=1)
            ]
        )

    async def seen(self) -> None:
        await asyncio.sleep(0.01)


@asynccontextmanager
async def served() -> AsyncIterator[World]:
    world = World()
    serving = asyncio.create_task(world.supervision.serve())
    try:
        yield world
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
    assert all(room.left for room in world.rooms)
    assert not any(voice.runs for voice in world.voices)


async def test_a_barge_closes_the_models_ears_at_once_and_giving_back_opens_them() -> None:
    async with served() as world:
        world.follow(COACH)
        await world.seen()
        assert not world.supervision.has_floor
        world.follow(BARGE)
        assert (world.supervision.has_floor, world.done) == (True, ["silent"]), "before anything else runs"
        await world.seen()
        world.follow(TAKE_OVER)
        await world.seen()
        world.follow(LISTEN)
        await world.seen()
        assert world.done == ["silent", "interrupted", "Ann lets the person go", "goes on after Ann"]


async def test_taking_over_lets_the_person_go_and_a_barge_does_not() -> None:
    async with served() as world:
        world.persons_room = SimpleNamespace()
        world.follow(BARGE)
        await world.seen()
        assert world.persons_room is not None
        world.follow(TAKE_OVER)
        await world.seen()
        assert world.persons_room is None


@pytest.mark.parametrize(
    ("mode", "person", "apart", "heard"),
    [
        (COACH, True, False, Heard(person=True)),
        (COACH, False, False, Heard(model=True)),
        (COACH, True, True, Heard(person=True)),
        (BARGE, True, False, Heard(person=True, caller=True)),
        (BARGE, False, False, Heard(caller=True)),
        (BARGE, True, True, Heard(person=True)),
        (TAKE_OVER, False, True, Heard()),
    ],
)
async def test_nobody_hears_a_supervisor_who_should_not(
    mode: ListenerMode, person: bool, apart: bool, heard: Heard
) -> None:
    async with served() as world:
        world.persons_room, world.apart = SimpleNamespace() if person else None, apart
        if mode is TAKE_OVER:
            world.persons_room = None
        world.follow(mode)
        await world.seen()
        (voice,) = world.voices
        assert voice.heard() == heard
        world.follow(LISTEN)
        assert voice.heard() == Heard(), "from the moment at which the row says so"


async def test_the_voice_of_the_one_before_goes_to_nobody_when_another_speaks() -> None:
    async with served() as world:
        world.follow(COACH, LISTEN)
        await world.seen()
        world.follow(LISTEN, BARGE)
        assert world.voices[0].heard() == Heard()
        await world.seen()
        assert [room.identity for room in world.rooms] == ["listener-1", "listener-2"]
        assert (world.rooms[0].left, world.voices[0].runs) == (True, False)
        assert world.voices[1].heard().caller


async def test_a_supervisor_who_is_gone_gives_the_call_back_after_ten_seconds() -> None:
    async with served() as world:
        world.follow(BARGE)
        await world.seen()
        world.rooms[0].is_here = False
        await asyncio.sleep(9)
        assert world.supervision.has_floor
        await asyncio.sleep(2)
        assert world.done[-2:] == ["listener-1 has left", "goes on after Ann"]


async def test_a_supervisor_whose_room_cannot_be_joined_does_not_silence_the_model_for_good() -> None:
    async with served() as world:
        world.out_of_reach = True
        world.follow(BARGE)
        await world.seen()
        assert world.done[-1] == "goes on after Ann"
