"""When a waiting caller hears a filler, in virtual time. With audio: tests/groq/test_patience.py."""

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
    """A session's user and agent states."""

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
    """The fillers that were played. None can be played while the session has `paused` a reply."""

    paused = False

    def __init__(self) -> None:
        super().__init__()
        self.stt = STTActivity()

    async def play_filler(self, line: str) -> bool:
        if not self.paused:
            self.append(line)
        return not self.paused


@pytest.fixture
async def said(states: States) -> AsyncIterator[Caller]:
    caller = Caller()
    session = cast("AgentSession[None]", states)
    monitor = SlowReplyMonitor(
        session, caller.play_filler, ("a", "b"), SETTINGS, stt_progress=lambda: caller.stt, busy=lambda: False
    )
    running = asyncio.create_task(monitor.fill_silences())
    await asyncio.sleep(0)
    yield caller
    running.cancel()


async def test_a_reply_that_begins_after_the_check_is_bridged_all_the_same(
    states: States, said: Caller
) -> None:
    states.caller_speaks()  # by the time of the check the transcript is there, and no reply has begun
    await asyncio.sleep(LATE_S)
    assert said == []
    states.agent("thinking")
    await asyncio.sleep(0.1)
    assert said == ["a"]


async def test_a_reply_that_answers_no_caller_needs_no_filler(states: States, said: Caller) -> None:
    states.caller_speaks()
    states.agent("thinking")
    states.agent("speaking")
    states.agent("listening")
    await asyncio.sleep(LATE_S)
    states.agent("thinking")
    await asyncio.sleep(LATE_S)
    assert said == []


async def test_an_agent_that_resumes_during_transcription_has_not_answered(
    states: States, said: Caller
) -> None:
    states.agent("speaking")
    said.stt.transcribing = True
    states.caller_speaks()
    states.agent("speaking")
    await asyncio.sleep(LATE_S)
    assert said == []
    said.stt.transcribing = False
    states.agent("thinking")  # the transcript is there, and interrupts the agent
    await asyncio.sleep(1.0)
    assert said == []
    await asyncio.sleep(LATE_S - 1.0)
    assert said == ["a"]


async def test_a_reply_long_after_the_caller_has_spoken_is_not_an_answer(
    states: States, said: Caller
) -> None:
    states.caller_speaks()
    await asyncio.sleep(10.5)
    states.agent("thinking")
    await asyncio.sleep(LATE_S)
    assert said == []


async def test_a_filler_that_could_not_be_played_is_retried_soon(states: States, said: Caller) -> None:
    said.paused = True
    states.caller_speaks()
    states.agent("thinking")
    await asyncio.sleep(LATE_S)
    said.paused = False
    await asyncio.sleep(0.25)
    assert said == ["a"]
    await asyncio.sleep(LATE_S)
    assert said == ["a", "b"]


async def test_the_delay_counts_from_the_end_of_speech_however_late_that_is_detected(
    states: States, said: Caller
) -> None:
    said.stt.last_speech_at = asyncio.get_running_loop().time()
    await asyncio.sleep(1.0)
    states.caller_speaks()
    states.agent("thinking")
    await asyncio.sleep(LATE_S - 1.0)
    assert said == ["a"]
