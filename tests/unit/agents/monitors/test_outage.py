"""Consecutive model errors, in virtual time: what the caller is told, and how long they are on hold."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import pytest
from livekit.agents import AgentSession, AgentStateChangedEvent, UserStateChangedEvent
from livekit.agents.llm import ChatMessage, FunctionCall
from livekit.agents.voice.events import UserState

from agents.monitors.call_end import CallEnding, EndCall, HandedOver
from agents.monitors.outage import Outage
from agents.roster.roster import load_roster
from agents.roster.shared_prompts import HouseLines
from agents.session.voice import SessionVoice
from persistence.records import CallEnd
from settings import CallSettings, GroqSettings

pytestmark = [pytest.mark.fault("A7"), pytest.mark.looptime]

SETTINGS = CallSettings.model_construct()
POLL_EVERY_S = 3.0
ROSTER = Path(__file__).parents[4] / "roster"


@dataclass
class Reply:
    """A reply that is over."""

    items: list[object]
    interrupted: bool = False
    id: str = "speech-1"

    @property
    def chat_items(self) -> list[object]:
        return self.items

    def add_done_callback(self, done: Callable[[Reply], None]) -> None:
        done(self)


@dataclass
class Created:
    speech_handle: Reply
    source: str = "generate_reply"


@dataclass
class FakeSession:
    """Calls its listeners. Agent and caller are silent."""

    agent_state: str = "listening"
    user_state: str = "listening"
    heard: dict[str, list[Callable[[Any], None]]] = field(default_factory=dict)

    def on(self, event: str, heard: Callable[[Any], None]) -> None:
        self.heard.setdefault(event, []).append(heard)

    def emit(self, event: str, what: object) -> None:
        for heard in self.heard[event]:
            heard(what)

    def replies(self, *items: object) -> None:
        self.emit("speech_created", Created(Reply(list(items))))


@dataclass
class Trouble:
    """An outage, with the session and the voice that it uses. `works`: whether Groq works again."""

    lines: HouseLines
    works: bool = False
    asked: int = 0
    busy: bool = False
    day_spent: bool = False
    nothing_to_try: bool = False
    reachable: bool = True  # whether music can be published
    told: list[str] = field(default_factory=list)
    music: list[tuple[float, bool]] = field(default_factory=list)
    session: FakeSession = field(default_factory=FakeSession)
    ending: CallEnding = field(default_factory=CallEnding)

    def __post_init__(self) -> None:
        self.outage = Outage(
            cast(AgentSession[None], self.session),
            cast(SessionVoice, self),
            self.lines,
            SETTINGS,
            self.ending,
            works=self._serves,
            busy=lambda: self.busy,
            day_spent=lambda: self.day_spent,
            nothing_to_try=lambda: self.nothing_to_try,
        )

    async def speak(self, line: str) -> None:
        self.told.append(line)
        event = AgentStateChangedEvent(old_state="speaking", new_state="listening")
        self.session.emit("agent_state_changed", event)

    async def start_music(self) -> bool:
        self.music.append((asyncio.get_running_loop().time(), self.reachable))
        return self.reachable

    async def stop_music(self) -> None:
        self.music.append((asyncio.get_running_loop().time(), False))

    @property
    def music_plays(self) -> bool:
        return bool(self.music) and self.music[-1][1]

    def caller(self, was: UserState, now: UserState) -> None:
        self.session.user_state = now
        self.session.emit("user_state_changed", UserStateChangedEvent(old_state=was, new_state=now))

    def speaks(self) -> None:
        self.caller("listening", "speaking")

    def falls_silent(self) -> None:
        self.caller("speaking", "listening")

    async def _serves(self) -> bool:
        self.asked += 1
        return self.works

    def troubles(self, times: int) -> list[str | None]:
        return [self.outage.next_words() for _ in range(times)]


@pytest.fixture
async def trouble() -> Trouble:
    voices = GroqSettings.model_construct().voices.split()
    return Trouble(load_roster(ROSTER, voices=voices).house.lines)


async def passes(trouble: Trouble, seconds: float) -> None:
    running = asyncio.create_task(trouble.outage.serve_holds())
    await asyncio.sleep(seconds)
    running.cancel()


async def test_one_error_brings_an_apology_and_no_hold(trouble: Trouble) -> None:
    assert trouble.troubles(1) == [trouble.lines.trouble]
    assert not trouble.outage.holding
    await passes(trouble, 600)
    assert trouble.asked == 0


async def test_the_second_error_brings_an_offer_and_no_line_comes_twice_in_a_row(trouble: Trouble) -> None:
    lines, told = trouble.lines, trouble.troubles(8)
    assert told[1] == lines.trouble_offer
    assert set(told[2:]) == {lines.trouble_held, lines.trouble_still_held, lines.trouble_offer}
    assert all(one != two for one, two in pairwise(told))


@pytest.mark.parametrize(
    "item",
    [
        ChatMessage(role="assistant", content=["Good day."]),
        FunctionCall(call_id="1", name="transfer_call", arguments="{}"),
    ],
)
async def test_a_reply_that_worked_ends_the_hold(trouble: Trouble, item: object) -> None:
    trouble.troubles(3)
    trouble.session.replies(item)
    assert not trouble.outage.holding
    assert trouble.troubles(1) == [trouble.lines.trouble]


async def test_an_empty_reply_does_not_end_the_hold(trouble: Trouble) -> None:
    trouble.troubles(2)
    trouble.session.replies()
    assert trouble.outage.holding


async def test_a_caller_on_hold_is_told_once_that_it_works_again(trouble: Trouble) -> None:
    trouble.troubles(2)
    trouble.works = True
    await passes(trouble, 60)
    assert trouble.told == [trouble.lines.trouble_over]
    assert not trouble.outage.holding
    assert trouble.asked == 1


async def test_a_caller_on_hold_hears_from_us_before_the_silence_grows_long(
    trouble: Trouble,
) -> None:
    trouble.troubles(2)
    await passes(trouble, 40)
    lines = trouble.lines
    assert trouble.told[:2] == [lines.trouble_held, lines.trouble_still_held]
    assert len(trouble.told) == pytest.approx(40 / SETTINGS.silence_ask_s, abs=1)


@pytest.mark.fault("C1")
async def test_music_starts_once_the_room_can_be_reached_again(trouble: Trouble) -> None:
    trouble.reachable = False
    trouble.troubles(2)
    trouble.falls_silent()
    running = asyncio.create_task(trouble.outage.serve_holds())
    await asyncio.sleep(4)
    assert trouble.music
    assert not trouble.music_plays
    trouble.reachable = True
    await asyncio.sleep(0.3)
    assert trouble.music_plays
    running.cancel()


@pytest.mark.fault("B4")
async def test_a_caller_on_hold_hears_music_until_anyone_speaks(trouble: Trouble) -> None:
    trouble.troubles(2)
    trouble.falls_silent()
    running = asyncio.create_task(trouble.outage.serve_holds())
    await asyncio.sleep(1)
    assert not trouble.music_plays, "they may still want to say something"
    await asyncio.sleep(1)
    assert trouble.music_plays
    trouble.speaks()
    await asyncio.sleep(0.01)
    assert not trouble.music_plays
    trouble.falls_silent()
    await asyncio.sleep(2)
    assert trouble.music_plays
    trouble.works = True
    await asyncio.sleep(10)
    running.cancel()
    assert trouble.told == [trouble.lines.trouble_over]
    assert not trouble.music_plays


@pytest.mark.fault("B4")
async def test_a_silent_caller_keeps_the_music_and_hears_from_us_as_soon(trouble: Trouble) -> None:
    """LiveKit reports a caller who has been silent for a while as "away"; that is not speech."""
    trouble.troubles(2)
    trouble.falls_silent()
    running = asyncio.create_task(trouble.outage.serve_holds())
    await asyncio.sleep(SETTINGS.silence_ask_s - 1)
    trouble.caller("listening", "away")
    await asyncio.sleep(0.5)
    assert [plays for _, plays in trouble.music] == [True]
    await asyncio.sleep(0.5 + POLL_EVERY_S)
    running.cancel()
    assert trouble.told == [trouble.lines.trouble_held]


@pytest.mark.fault("B4")
async def test_music_plays_neither_during_a_line_nor_after_the_hold(trouble: Trouble) -> None:
    trouble.troubles(2)
    playing: list[bool] = []
    speak = trouble.speak

    async def telling(line: str) -> None:
        playing.append(trouble.music_plays)
        await speak(line)
        await asyncio.sleep(2)
        playing.append(trouble.music_plays)

    trouble.speak = telling  # type: ignore[method-assign]
    await passes(trouble, SETTINGS.trouble_hold_s + 1)
    assert len(playing) > 2
    assert not any(playing)
    assert not trouble.music_plays


async def test_no_hold_lasts_for_ever(trouble: Trouble) -> None:
    trouble.troubles(2)
    await passes(trouble, SETTINGS.trouble_hold_s + 1)
    assert await trouble.ending.wait() == EndCall(
        CallEnd.CALL_BACK, goodbye=trouble.lines.trouble_goodbye, hang_up=True
    )


async def test_a_day_that_is_spent_ends_the_call_with_a_promise_to_call_back(trouble: Trouble) -> None:
    trouble.day_spent = True
    assert trouble.troubles(1) == [None]
    assert await trouble.ending.wait() == EndCall(
        CallEnd.CALL_BACK, goodbye=trouble.lines.day_spent_goodbye, hang_up=True
    )


async def test_a_caller_whom_nothing_serves_today_is_told_at_once(trouble: Trouble) -> None:
    trouble.nothing_to_try = True
    await passes(trouble, 0.1)
    assert await trouble.ending.wait() == EndCall(
        CallEnd.CALL_BACK, goodbye=trouble.lines.day_spent_goodbye, hang_up=True
    )


@pytest.mark.parametrize("speaks", ["agent", "user", "handoff"])
async def test_no_line_is_spoken_over_other_speech(trouble: Trouble, speaks: str) -> None:
    trouble.troubles(2)
    trouble.works = True
    trouble.session.agent_state = "speaking" if speaks == "agent" else "listening"
    trouble.session.user_state = "speaking" if speaks == "user" else "listening"
    trouble.busy = speaks == "handoff"
    await passes(trouble, 60)
    assert trouble.told == []


async def test_only_a_caller_who_hangs_up_while_on_hold_is_to_be_called_back(trouble: Trouble) -> None:
    left, over = EndCall(CallEnd.CALLER_LEFT), EndCall(CallEnd.GOODBYE)
    assert trouble.outage.recorded_end(left) == left
    trouble.troubles(2)
    assert trouble.outage.recorded_end(left) == EndCall(CallEnd.CALL_BACK)
    assert trouble.outage.recorded_end(over) == over
    assert trouble.outage.recorded_end(HandedOver()) == HandedOver()
