"""The speech for the person who answers is made while the telephone rings, and again if that failed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable

import pytest
from livekit import rtc
from livekit.agents import APIConnectionError

from agents.audio.prepared_audio import PromptAudio
from agents.phone.whisper import Whisper

pytestmark = pytest.mark.looptime

HELLO, BRIEF = "Hello, I have a caller for billing.", "They have been charged twice."
MAKES_S = 0.4


class Voice:
    """Makes each text's sound in MAKES_S seconds; the first `failures` tries fail."""

    def __init__(self, failures: int = 0) -> None:
        self.made: list[str] = []
        self._failures = failures

    async def make(self, text: str) -> PromptAudio:
        await asyncio.sleep(MAKES_S)
        if self._failures:
            self._failures -= 1
            raise APIConnectionError
        self.made.append(text)
        return PromptAudio(text, bytes(960), 24_000)


class Line:
    """A telephone's room. `played_at`: when each sound began, in seconds."""

    def __init__(self) -> None:
        self.played_at: list[float] = []
        self._began = asyncio.get_running_loop().time()

    async def play(self, frames: AsyncIterable[rtc.AudioFrame]) -> None:
        self.played_at.append(round(asyncio.get_running_loop().time() - self._began, 3))


async def test_what_was_prepared_starts_at_once_and_is_made_once_for_all_numbers() -> None:
    voice, line = Voice(), Line()
    whisper = Whisper(voice.make)
    whisper.prepare([HELLO, BRIEF])
    await asyncio.sleep(5)
    for text in (HELLO, BRIEF, HELLO):
        await whisper.speak(line, text)  # type: ignore[arg-type]
    assert line.played_at == [5.0, 5.0, 5.0]
    assert voice.made == [HELLO, BRIEF]


async def test_who_answers_before_it_is_made_hears_it_as_soon_as_it_is() -> None:
    voice, line = Voice(), Line()
    whisper = Whisper(voice.make)
    whisper.prepare([HELLO])
    await whisper.speak(line, HELLO)  # type: ignore[arg-type]
    assert line.played_at == [MAKES_S]
    assert voice.made == [HELLO]


async def test_what_could_not_be_prepared_is_made_when_it_is_spoken() -> None:
    voice, line = Voice(failures=1), Line()
    whisper = Whisper(voice.make)
    whisper.prepare([HELLO])
    await asyncio.sleep(5)
    await whisper.speak(line, HELLO)  # type: ignore[arg-type]
    assert line.played_at == [5.0 + MAKES_S]


async def test_without_a_voice_nothing_is_said_and_nothing_breaks() -> None:
    voice, line = Voice(failures=2), Line()
    whisper = Whisper(voice.make)
    whisper.prepare([HELLO])
    await whisper.speak(line, HELLO)  # type: ignore[arg-type]
    assert line.played_at == []


async def test_nothing_is_made_any_more_once_somebody_has_accepted() -> None:
    voice = Voice()
    whisper = Whisper(voice.make)
    whisper.prepare([HELLO])
    await asyncio.sleep(MAKES_S / 2)
    await whisper.stop()
    await asyncio.sleep(5)
    assert voice.made == []
