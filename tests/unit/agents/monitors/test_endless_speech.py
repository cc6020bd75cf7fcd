"""A caller whose sound never pauses is told so a few times, but not during a handoff."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest
from groq import AsyncGroq
from livekit.agents import AgentSession

from agents.groq.stt.groq_stt import GroqSTT
from agents.groq.stt.stream import ENDLESS
from agents.monitors.endless_speech import EndlessSpeechMonitor
from settings import CallSettings, GroqSettings

LINE = "Could you go where it is quieter?"


class Loud:
    """A call beside a television: the session that the monitor uses."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.recorded: list[tuple[str, str]] = []
        self.busy = False
        self.stt = GroqSTT(
            AsyncGroq(api_key="none-needed"),
            GroqSettings.model_construct(),
            CallSettings.model_construct(),
        )
        self._words: Callable[[Any], None]
        monitor = EndlessSpeechMonitor(
            cast(AgentSession[None], self),
            self.play,
            LINE,
            busy=lambda: self.busy,
            record=lambda *trouble: self.recorded.append(trouble),
        )
        self.watching = asyncio.create_task(monitor.ask_for_quiet())

    def on(self, _: str, listener: Callable[[Any], None]) -> None:
        self._words = listener

    async def play(self, line: str) -> bool:
        self.told.append(line)
        return True

    async def goes_on(self) -> None:
        self.stt.emit(ENDLESS)
        for _ in range(3):
            await asyncio.sleep(0)

    def is_understood(self) -> None:
        self._words(SimpleNamespace(is_final=True))


@pytest.fixture
async def loud() -> AsyncIterator[Loud]:
    call = Loud()
    await asyncio.sleep(0)
    yield call
    call.watching.cancel()


async def test_a_caller_who_never_pauses_is_told(loud: Loud) -> None:
    await loud.goes_on()
    assert loud.told == [LINE]
    assert loud.recorded == [("hearing", "endless")]


async def test_a_television_is_told_three_times_and_a_caller_again(loud: Loud) -> None:
    for _ in range(6):
        await loud.goes_on()
    assert loud.told == [LINE] * 3
    loud.is_understood()
    await loud.goes_on()
    assert loud.told == [LINE] * 4


async def test_nothing_is_said_during_a_handoff(loud: Loud) -> None:
    loud.busy = True
    await loud.goes_on()
    assert loud.told == []
