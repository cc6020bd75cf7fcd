"""A silent caller, in virtual time: asked, then hung up on, but not if the agent is cut off."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from livekit.agents import AgentSession, UserStateChangedEvent

from agents.monitors.call_end import CallEnding, EndCall
from agents.monitors.caller_silence import CallerSilenceMonitor
from agents.roster.roster import load_roster
from agents.session.voice import SessionVoice
from persistence.records import CallEnd
from settings import CallSettings, GroqSettings

pytestmark = pytest.mark.looptime

SETTINGS = CallSettings.model_construct()
LINES = load_roster(
    Path(__file__).parents[4] / "roster", voices=GroqSettings.model_construct().voices.split()
).house.lines
ENDED = EndCall(CallEnd.SILENT, goodbye=LINES.silence_goodbye, hang_up=True)


class SilentCall:
    """A call with a silent caller: the session and the voice that the monitor uses."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.busy = self.cut_off = False
        self.ending = CallEnding()
        self._listener: Callable[[Any], None]
        self.monitor = CallerSilenceMonitor(
            cast(AgentSession[None], self),
            cast(SessionVoice, self),
            self.ending,
            LINES,
            answer_within_s=SETTINGS.silence_end_s,
            busy=lambda: self.busy,
            cut_off=self._is_cut_off,
        )

    def on(self, _: str, listener: Callable[[Any], None]) -> None:
        self._listener = listener

    async def speak(self, line: str) -> None:
        self.told.append(line)

    def becomes(self, state: Any) -> None:
        self._listener(UserStateChangedEvent(old_state="listening", new_state=state))

    async def end(self) -> EndCall | None:
        """Return how the call has ended; None while it is open."""
        try:
            async with asyncio.timeout(0):
                return cast(EndCall, await self.ending.wait())
        except TimeoutError:
            return None

    async def _is_cut_off(self) -> bool:
        return self.cut_off


async def passes(quiet: SilentCall, seconds: float) -> None:
    running = asyncio.create_task(quiet.monitor.watch_silence())
    await asyncio.sleep(seconds)
    running.cancel()


async def test_a_silent_caller_is_asked_once_and_then_the_call_ends() -> None:
    quiet = SilentCall()
    quiet.becomes("away")
    await passes(quiet, SETTINGS.silence_end_s + 1)
    assert quiet.told == [LINES.silence_question]
    assert await quiet.end() == ENDED


async def test_a_caller_who_answers_stays() -> None:
    quiet = SilentCall()
    quiet.becomes("away")
    asyncio.get_running_loop().call_later(1, quiet.becomes, "speaking")
    await passes(quiet, 60)
    assert await quiet.end() is None


async def test_a_caller_who_is_not_expected_to_speak_is_not_asked() -> None:
    quiet = SilentCall()
    quiet.busy = True
    quiet.becomes("away")
    await passes(quiet, 60)
    assert quiet.told == []
    assert await quiet.end() is None


@pytest.mark.fault("B16")
@pytest.mark.fault("C1")
async def test_an_agent_that_is_cut_off_ends_no_call_and_asks_again_when_it_is_back() -> None:
    quiet = SilentCall()
    quiet.cut_off = True
    quiet.becomes("away")
    running = asyncio.create_task(quiet.monitor.watch_silence())
    await asyncio.sleep(60)
    assert await quiet.end() is None
    quiet.cut_off = False
    await asyncio.sleep(2)
    assert quiet.told == [LINES.silence_question] * 2
    await asyncio.sleep(SETTINGS.silence_end_s + 1)
    assert await quiet.end() == ENDED
    running.cancel()
