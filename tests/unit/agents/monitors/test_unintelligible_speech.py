"""A caller of whose speech no word could be made out: asked again and again, but not for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, cast

import pytest
from groq import AsyncGroq
from livekit.agents import AgentSession

from agents.groq.stt.groq_stt import GroqSTT
from agents.groq.stt.stream import NOT_UNDERSTOOD
from agents.monitors.unintelligible_speech import UnintelligibleSpeechMonitor
from agents.roster.roster import load_roster
from agents.session.voice import SessionVoice
from settings import CallSettings, GroqSettings

pytestmark = [pytest.mark.looptime, pytest.mark.fault("A7")]

LINES = load_roster(
    Path(__file__).parents[4] / "roster", voices=GroqSettings.model_construct().voices.split()
).house.lines
FIRST, AGAIN = LINES.not_understood, LINES.still_not_understood


class Noisy:
    """A call from a noisy place; what the watch asks of it is asked here."""

    current_speech: object | None = None
    user_state = "listening"

    def __init__(self) -> None:
        self.told: list[str] = []
        self.noted: list[tuple[str, str]] = []
        self.busy = False
        self.stt = GroqSTT(
            AsyncGroq(api_key="none-needed"),
            GroqSettings.model_construct(),
            CallSettings.model_construct(),
            vad=cast(Any, None),
        )
        self._words: Callable[[Any], None]
        self._watch = UnintelligibleSpeechMonitor(
            cast(AgentSession[None], self),
            cast(SessionVoice, self),
            LINES,
            busy=lambda: self.busy,
            record=lambda *trouble: self.noted.append(trouble),
        )
        self.watching = asyncio.create_task(self._watch.ask_to_repeat())

    def on(self, _: str, told: Callable[[Any], None]) -> None:
        self._words = told

    async def speak(self, line: str) -> None:
        self.told.append(line)

    async def says_something(self, *, clear: bool = False) -> None:
        if clear:
            self._words(None)
        else:
            self.stt.emit(NOT_UNDERSTOOD)
        await asyncio.sleep(1)


@pytest.fixture
async def noisy() -> AsyncIterator[Noisy]:
    call = Noisy()
    await asyncio.sleep(0)
    yield call
    call.watching.cancel()


async def test_who_was_not_understood_is_asked_to_say_it_again(noisy: Noisy) -> None:
    await noisy.says_something()
    assert noisy.told == [FIRST]
    assert noisy.noted == [("hearing", "not_understood")]


async def test_the_words_change_each_time_in_a_row(noisy: Noisy) -> None:
    for _ in range(3):
        await noisy.says_something()
    await noisy.says_something(clear=True)
    await noisy.says_something()
    assert noisy.told == [FIRST, AGAIN, FIRST, FIRST]


async def test_a_noise_that_goes_on_and_on_is_not_talked_to(noisy: Noisy) -> None:
    for _ in range(50):
        await noisy.says_something()
    assert noisy.told == [FIRST, AGAIN, FIRST, AGAIN]
    assert len(noisy.noted) == 50


@pytest.mark.parametrize("why", ["the agent speaks", "the caller goes on", "nobody is expected to speak"])
async def test_nobody_is_interrupted_to_be_asked(noisy: Noisy, why: str) -> None:
    match why:
        case "the agent speaks":
            noisy.current_speech = object()
        case "the caller goes on":
            noisy.user_state = "speaking"
        case _:
            noisy.busy = True
    await noisy.says_something()
    assert noisy.told == []
