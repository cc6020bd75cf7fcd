"""When a caller who waits is given a word, moment by moment. With sound: tests/groq/test_patience.py."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import cast

import pytest
from livekit import rtc
from livekit.agents import AgentSession, AgentStateChangedEvent, UserStateChangedEvent

from agents.groq.stt.stream import STTActivity
from agents.monitors.slow_reply import SlowReplyMonitor
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


class Caller(list[str]):
    """The lines that were spoken; a session that `holds_back` a speech lets none be put in."""

    holds_back = False

    def __init__(self) -> None:
        super().__init__()
        self.heard = STTActivity()

    async def hear(self, line: str) -> bool:
        if not self.holds_back:
            self.append(line)
        return not self.holds_back


@pytest.fixture
async def said(states: States) -> AsyncIterator[Caller]:
    caller = Caller()
    session = cast("AgentSession[None]", states)
    watch = SlowReplyMonitor(
        session, caller.hear, ("a", "b"), SETTINGS, stt_progress=lambda: caller.heard, busy=lambda: False
    )
    watching = asyncio.create_task(watch.fill_silences())
    await asyncio.sleep(0)
    yield caller
    watching.cancel()


async def test_a_reply_that_begins_between_two_looks_is_waited_for_all_the_same(
    states: States, said: Caller
) -> None:
    states.caller_speaks()  # what was said is made out by the time of the look, and nobody thinks yet
    await asyncio.sleep(LATE_S)
    assert said == []
    states.agent("thinking")
    await asyncio.sleep(0.1)
    assert said == ["a"]


async def test_a_reply_that_answers_nobody_needs_no_word(states: States, said: Caller) -> None:
    states.caller_speaks()
    states.agent("thinking")
    states.agent("speaking")
    states.agent("listening")
    await asyncio.sleep(LATE_S)
    states.agent("thinking")
    await asyncio.sleep(LATE_S)
    assert said == []


async def test_an_agent_that_goes_on_while_the_words_are_made_out_has_answered_nobody(
    states: States, said: Caller
) -> None:
    states.agent("speaking")
    said.heard.transcribing = True
    states.caller_speaks()
    states.agent("speaking")
    await asyncio.sleep(LATE_S)
    assert said == []
    said.heard.transcribing = False
    states.agent("thinking")  # the words are there, and cut it off
    await asyncio.sleep(1.0)
    assert said == []
    await asyncio.sleep(LATE_S - 1.0)
    assert said == ["a"]


async def test_a_thought_long_after_the_caller_has_spoken_is_not_about_them(
    states: States, said: Caller
) -> None:
    states.caller_speaks()
    await asyncio.sleep(10.5)
    states.agent("thinking")
    await asyncio.sleep(LATE_S)
    assert said == []


async def test_a_word_that_could_not_be_put_in_is_tried_again_soon(states: States, said: Caller) -> None:
    said.holds_back = True
    states.caller_speaks()
    states.agent("thinking")
    await asyncio.sleep(LATE_S)
    said.holds_back = False
    await asyncio.sleep(0.25)
    assert said == ["a"]
    await asyncio.sleep(LATE_S)
    assert said == ["a", "b"]


async def test_patience_counts_from_when_the_caller_fell_silent_however_late_that_is_noticed(
    states: States, said: Caller
) -> None:
    said.heard.last_speech_at = asyncio.get_running_loop().time()
    await asyncio.sleep(1.0)
    states.caller_speaks()
    states.agent("thinking")
    await asyncio.sleep(LATE_S - 1.0)
    assert said == ["a"]
