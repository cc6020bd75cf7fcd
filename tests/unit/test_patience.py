"""When a caller who waits is given a word, moment by moment. With sound: tests/groq/test_patience.py."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import cast

import pytest
from livekit import rtc
from livekit.agents import AgentSession, AgentStateChangedEvent, UserStateChangedEvent

from agents.patience import PatienceWatch
from settings import CallSettings

pytestmark = [pytest.mark.fault("A7"), pytest.mark.looptime]

SETTINGS = CallSettings.model_construct()
LATE_S = SETTINGS.patience_s + 0.5


class States(rtc.EventEmitter[str]):
    """Of a session: who does what."""

    user_state, agent_state = "listening", "listening"

    def user(self, state: str) -> None:
        old, self.user_state = self.user_state, state
        self.emit("user_state_changed", UserStateChangedEvent(old_state=old, new_state=state))

    def agent(self, state: str) -> None:
        old, self.agent_state = self.agent_state, state
        self.emit("agent_state_changed", AgentStateChangedEvent(old_state=old, new_state=state))

    def caller_speaks(self) -> None:
        self.user("speaking")
        self.user("listening")


@pytest.fixture
async def states() -> States:
    return States()


@pytest.fixture
async def said(states: States) -> AsyncIterator[list[str]]:
    lines: list[str] = []

    async def say(line: str) -> None:
        lines.append(line)

    session = cast("AgentSession[None]", states)
    watch = PatienceWatch(session, say, ("a", "b"), SETTINGS, hears=lambda: False, busy=lambda: False)
    watching = asyncio.create_task(watch.run())
    await asyncio.sleep(0)
    yield lines
    watching.cancel()


async def test_a_reply_that_begins_between_two_looks_is_waited_for_all_the_same(
    states: States, said: list[str]
) -> None:
    states.caller_speaks()  # what was said is made out by the time of the look, and nobody thinks yet
    await asyncio.sleep(LATE_S)
    assert said == []
    states.agent("thinking")
    await asyncio.sleep(0.1)
    assert said == ["a"]


async def test_a_reply_that_answers_nobody_needs_no_word(states: States, said: list[str]) -> None:
    states.caller_speaks()
    states.agent("thinking")
    states.agent("speaking")
    states.agent("listening")
    await asyncio.sleep(LATE_S)
    states.agent("thinking")
    await asyncio.sleep(LATE_S)
    assert said == []


async def test_a_thought_long_after_the_caller_has_spoken_is_not_about_them(
    states: States, said: list[str]
) -> None:
    states.caller_speaks()
    await asyncio.sleep(10.5)
    states.agent("thinking")
    await asyncio.sleep(LATE_S)
    assert said == []
