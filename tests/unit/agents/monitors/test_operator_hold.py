"""What a caller hears on hold, and when the agent talks with them again, under virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import pytest
from livekit.agents import AgentSession

from agents.monitors.operator_hold import OperatorHold
from agents.roster.roster import load_roster
from agents.roster.shared_prompts import HouseLines
from agents.session.voice import SessionVoice
from persistence.records import CALLER, Call, CallId, JobId, RoleName, Turn, WorkerId
from settings import GroqSettings

pytestmark = pytest.mark.looptime

ROSTER = Path(__file__).parents[4] / "roster"
EVERY_S, LINE_S = 30.0, 2.0
ROW = Call(CallId("call-1"), "room-1", "caller-1", RoleName("front-desk"), JobId("job"), WorkerId("w"), 1)
HELD = replace(ROW, held_at=5, held_by="Ann")


@dataclass
class FakeSession:
    """The agent's side of a session, and its voice: every line takes LINE_S seconds."""

    agent_state: str = "listening"
    interrupted: int = 0
    replies: int = 0
    told: list[tuple[float, str]] = field(default_factory=list)
    music: list[tuple[float, bool]] = field(default_factory=list)
    ears: int = 0
    at_once: bool = False
    forgotten: set[str] = field(default_factory=set)
    with_person: bool = False

    def on(self, event: str, heard: Callable[[Any], None]) -> None:
        assert event == "agent_state_changed"

    async def interrupt(self, *, force: bool) -> None:
        self.interrupted += force

    def generate_reply(self) -> None:
        self.replies += 1

    async def speak(self, line: str) -> None:
        self.at_once |= self.music_plays
        self.told.append((asyncio.get_running_loop().time(), line))
        await asyncio.sleep(LINE_S)

    async def forget(self, lines: Collection[str]) -> None:
        self.forgotten = set(lines)

    def person_speaks(self) -> bool:
        return self.with_person

    def open_ears(self) -> None:
        self.ears += 1

    @property
    def music_plays(self) -> bool:
        return bool(self.music) and self.music[-1][1]

    async def start_music(self) -> bool:
        self.music.append((asyncio.get_running_loop().time(), True))
        return True

    async def stop_music(self) -> None:
        self.music.append((asyncio.get_running_loop().time(), False))

    @property
    def lines(self) -> list[str]:
        return [line for _, line in self.told]


class World:
    def __init__(self, lines: HouseLines, *, inherited: bool = False) -> None:
        self.lines, self.session, self.busy = lines, FakeSession(), False
        self.turns: list[Turn] = []
        self.hold = OperatorHold(
            cast(AgentSession[None], self.session),
            cast(SessionVoice, self.session),
            lines,
            line_every_s=EVERY_S,
            held_at=1_700_000_000_000 if inherited else None,
            busy=lambda: self.busy,
            turns=lambda: self.turns,
        )

    def said(self, speaker: str, text: str) -> None:
        self.turns.append(Turn(ROW.id, len(self.turns) + 1, speaker, text, 1, 2))

    @asynccontextmanager
    async def served(self) -> AsyncIterator[None]:
        serving = asyncio.create_task(self.hold.serve())
        try:
            yield
        finally:
            serving.cancel()


@pytest.fixture
def lines() -> HouseLines:
    return load_roster(ROSTER, voices=GroqSettings.model_construct().voices.split()).house.lines


async def test_a_caller_on_hold_is_told_so_hears_music_and_now_and_then_a_line(lines: HouseLines) -> None:
    world = World(lines)
    async with world.served():
        world.hold.follow(HELD)
        await asyncio.sleep(1)
        assert world.session.interrupted == 1, "the agent stops in mid-sentence"
        await asyncio.sleep(2)
        assert world.session.music_plays
        await asyncio.sleep(2 * EVERY_S + 2 * LINE_S)
    said = [lines.on_hold, lines.still_on_hold, lines.still_on_hold]
    assert world.session.lines == said
    assert not world.session.at_once
    silent = [
        later - at
        for (at, plays), (later, _) in zip(world.session.music, world.session.music[1:], strict=False)
        if not plays
    ]
    assert max(silent) <= LINE_S + 1


async def test_a_resumed_agent_says_that_it_is_back_and_answers_what_was_said_meanwhile(
    lines: HouseLines,
) -> None:
    world = World(lines)
    async with world.served():
        world.hold.follow(HELD)
        await asyncio.sleep(5)
        world.said(CALLER, "Is anybody there?")
        world.said("front-desk", lines.still_on_hold)
        world.hold.follow(ROW)
        await asyncio.sleep(0.5)
        assert (world.session.lines[-1], world.session.music_plays) == (lines.off_hold, False)
        assert (world.session.replies, world.session.ears) == (1, 1)
        assert world.session.forgotten == {lines.on_hold, lines.still_on_hold, lines.off_hold}
        world.said("front-desk", "Yes, I am.")
        world.hold.follow(HELD)
        await asyncio.sleep(5)
        world.hold.follow(ROW)
        await asyncio.sleep(5)
    assert world.session.replies == 1, "nothing was said on the second hold"


async def test_after_a_hold_a_person_speaks_for_themselves(lines: HouseLines) -> None:
    world = World(lines)
    world.session.with_person = True
    async with world.served():
        world.hold.follow(HELD)
        await asyncio.sleep(5)
        world.said(CALLER, "Is anybody there?")
        world.hold.follow(ROW)
        await asyncio.sleep(5)
    assert (world.session.lines, world.session.music_plays) == ([lines.on_hold], False)
    assert (world.session.replies, world.session.ears) == (0, 1)


async def test_an_agent_that_takes_the_place_of_a_lost_one_keeps_the_caller_on_hold(
    lines: HouseLines,
) -> None:
    world = World(lines, inherited=True)
    async with world.served():
        world.hold.follow(HELD)
        await asyncio.sleep(LINE_S + 1)
        assert world.session.lines == [lines.still_on_hold]
        assert world.session.music_plays


async def test_a_handoff_on_hold_has_the_caller_to_itself(lines: HouseLines) -> None:
    world = World(lines)
    async with world.served():
        world.hold.follow(HELD)
        await asyncio.sleep(5)
        world.busy = True
        await asyncio.sleep(0.5)
        assert not world.session.music_plays
        await asyncio.sleep(EVERY_S)
        assert world.session.lines == [lines.on_hold]
        world.busy = False  # the handoff did not complete: the caller stays on hold
        await asyncio.sleep(0.5)
        assert world.session.music_plays
        world.busy = True
        world.hold.follow(ROW)  # the handoff completed: the call has another holder
        await asyncio.sleep(5)
    assert world.session.lines == [lines.on_hold]
    assert not world.session.music_plays


async def test_every_change_is_told_once(lines: HouseLines) -> None:
    world, told = World(lines), list[bool]()
    world.hold.on_change(told.append)
    for row in (ROW, HELD, HELD, ROW, ROW):
        world.hold.follow(row)
    assert told == [True, False]
    assert not world.hold.is_on
