"""A caller whose speech cannot be transcribed: asked to repeat it, but not for ever."""

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
    """A call from a noisy place: the session and the voice that the monitor uses."""

    current_speech: object | None = None
    user_state = "listening"

    def __init__(self, menu: str = "", menu_after: int = 0) -> None:
        self.told: list[str] = []
        self.recorded: list[tuple[str, str]] = []
        self.busy = False
        self.stt = GroqSTT(
            AsyncGroq(api_key="none-needed"),
            GroqSettings.model_construct(),
            CallSettings.model_construct(),
        )
        self._words: Callable[[Any], None]
        self._monitor = UnintelligibleSpeechMonitor(
            cast(AgentSession[None], self),
            cast(SessionVoice, self),
            LINES,
            busy=lambda: self.busy,
            record=lambda *trouble: self.recorded.append(trouble),
            menu=lambda: menu,
            menu_after=menu_after,
        )
        self.watching = asyncio.create_task(self._monitor.ask_to_repeat())

    def on(self, _: str, listener: Callable[[Any], None]) -> None:
        self._words = listener

    async def speak(self, line: str) -> None:
        self.told.append(line)

    async def speaks(self, *, clear: bool = False) -> None:
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


async def test_a_caller_who_was_not_understood_is_asked_to_repeat(noisy: Noisy) -> None:
    await noisy.speaks()
    assert noisy.told == [FIRST]
    assert noisy.recorded == [("hearing", "not_understood")]


async def test_the_wording_alternates(noisy: Noisy) -> None:
    for _ in range(3):
        await noisy.speaks()
    await noisy.speaks(clear=True)
    await noisy.speaks()
    assert noisy.told == [FIRST, AGAIN, FIRST, FIRST]


async def test_persistent_noise_is_not_talked_to(noisy: Noisy) -> None:
    for _ in range(50):
        await noisy.speaks()
    assert noisy.told == [FIRST, AGAIN, FIRST, AGAIN]
    assert len(noisy.recorded) == 50


@pytest.mark.parametrize("why", ["the agent speaks", "the caller goes on", "the agent is busy"])
async def test_the_question_interrupts_no_one(noisy: Noisy, why: str) -> None:
    match why:
        case "the agent speaks":
            noisy.current_speech = object()
        case "the caller goes on":
            noisy.user_state = "speaking"
        case _:
            noisy.busy = True
    await noisy.speaks()
    assert noisy.told == []


@pytest.mark.fault("T22")
@pytest.mark.parametrize(
    ("menu", "after", "told"),
    [
        ("Press 1.", 3, [FIRST, AGAIN, "Press 1.", "Press 1."]),
        ("Press 1.", 1, ["Press 1."] * 4),
        ("Press 1.", 0, [FIRST, AGAIN, FIRST, AGAIN]),
        ("", 3, [FIRST, AGAIN, FIRST, AGAIN]),
    ],
)
async def test_a_caller_by_telephone_is_offered_keys_in_the_end(
    menu: str, after: int, told: list[str]
) -> None:
    call = Noisy(menu, after)
    await asyncio.sleep(0)
    for _ in range(6):
        await call.speaks()
    assert call.told == told
    call.watching.cancel()
