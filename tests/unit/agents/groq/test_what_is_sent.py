"""How much speech is sent to Groq, and in how many requests: the tracker alone, at any pace of speech."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

import pytest

from agents.groq.stt.allowance import RequestAllowance
from agents.groq.stt.caller_turn import TurnTracker
from agents.groq.stt.turn_audio import Window, seconds
from agents.turns.patience import Patience
from agents.turns.turn_judge import Floor, SilentAgent, TurnJudge
from settings import CallSettings

WINDOW_S = 0.032
CALL = CallSettings.model_construct(transcribe_after_s=0.1)
Pattern = Sequence[tuple[float, float]]
"""Seconds of speech, each with the seconds of the pause after it."""

END_S = 0.6
"""The silence that ends every turn here."""

PAUSES = {
    "as people talk": (0.5, 3.0, (0.12, 0.16, 0.2, 0.3, 0.4, 0.5)),
    "in numbers": (0.5, 1.0, (0.3, 0.4, 0.5)),
    "word by word": (0.2, 0.6, (0.12, 0.16, 0.2, 0.3)),
    "in one breath": (0.3, 1.5, (0.12, 0.14, 0.16)),
}
"""Shortest and longest speech, and the pauses that follow it."""


@dataclass
class Groq:
    """Answers `latency_s` later on the audio's clock, and counts. `word`: its transcript of any sound."""

    word: str
    latency_s: float = 0.3
    now_s: float = 0.0
    sent: list[float] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    waiting: list[tuple[float, asyncio.Future[str]]] = field(default_factory=list)

    async def transcribe(self, windows: list[Window], _: str) -> str:
        self.sent.append(seconds(windows))
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.waiting.append((self.now_s + self.latency_s, answer))
        return await answer

    async def pass_time(self) -> None:
        self.now_s += WINDOW_S
        due = [answer for at, answer in self.waiting if at <= self.now_s]
        self.waiting = [(at, answer) for at, answer in self.waiting if at > self.now_s]
        for answer in due:
            answer.set_result(self.word)
        for _ in range(3):
            await asyncio.sleep(0)

    def speech_started(self) -> None: ...

    def preflight(self, words: str) -> None: ...

    def resumed(self, words: str) -> None: ...

    def final(self, words: str) -> None:
        self.told.append("final")

    def nod(self, words: str, seconds: float) -> None:
        self.told.append("nod")

    def not_understood(self) -> None:
        self.told.append("not understood")

    def failed(self, error: Exception) -> None:
        self.told.append("failed")

    def endless(self) -> None:
        self.told.append("endless")


class ReadingAgent(SilentAgent):
    """Speaks all the time, whatever interrupts."""

    agent_speaks = agent_replies = True


async def hear(pattern: Pattern, word: str = "word", floor: Floor | None = None) -> Groq:
    groq = Groq(word)
    judge = TurnJudge(Patience(END_S, END_S, END_S, END_S), floor=floor or SilentAgent())
    tracker = TurnTracker(groq.transcribe, groq, CALL, judge=judge)
    for speech_s, pause_s in [(0.0, 1.0), *pattern, (0.0, 2.0)]:
        for length_s, probability in ((speech_s, 0.9), (pause_s, 0.01)):
            for _ in range(round(length_s / WINDOW_S)):
                tracker.hear(Window(b"", WINDOW_S, probability))
                await groq.pass_time()
    await tracker.close()
    return groq


def talk(way: str, spoken_s: float, seed: int) -> Pattern:
    """Return a pattern with `spoken_s` seconds of speech."""
    random, (shortest, longest, pauses) = Random(seed), PAUSES[way]
    pattern, left_s = [], spoken_s
    while left_s > 0.1:
        speech_s = min(left_s, random.uniform(shortest, longest))
        pattern.append((speech_s, random.choice(pauses)))
        left_s -= speech_s
    return pattern


@pytest.mark.parametrize("way", PAUSES)
@pytest.mark.parametrize("spoken_s", [5, 20, 40])
@pytest.mark.parametrize("seed", range(3))
async def test_a_turn_is_sent_less_than_twice_in_at_most_one_request_a_second(
    way: str, spoken_s: float, seed: int
) -> None:
    pattern = talk(way, spoken_s, seed)
    groq = await hear(pattern)
    spoken_s = sum(speech_s for speech_s, _ in pattern)
    assert sum(groq.sent) / spoken_s <= 2.0
    assert len(groq.sent) <= spoken_s + 0.2  # the detector's windows do not fit the speech exactly
    assert groq.told[-1] == "final"


@pytest.mark.parametrize(
    ("sound_s", "pause_s"),
    [(0.1, 0.15), (0.1, 0.1), (0.1, 0.25), (0.1, 0.4), (0.1, 0.7), (0.3, 0.7), (0.6, 0.7), (1, 1)],
)
@pytest.mark.parametrize("floor", [SilentAgent(), ReadingAgent()], ids=["silent agent", "reading agent"])
async def test_finding_5_a_minute_of_noise_takes_at_most_thirty_requests(
    sound_s: float, pause_s: float, floor: Floor
) -> None:
    groq = await hear([(sound_s, pause_s)] * round(60 / (sound_s + pause_s)), word="", floor=floor)
    assert len(groq.sent) <= 30
    assert sum(groq.sent) <= 1.5 * 60
    assert "final" not in groq.told[:-1] or pause_s > END_S


async def test_noise_that_never_ends_is_told_after_half_a_minute() -> None:
    assert (await hear([(0.1, 0.15)] * 110, word="")).told.count("endless") == 0
    assert (await hear([(0.1, 0.15)] * 130, word="")).told.count("endless") == 1


async def test_a_long_story_with_pauses_is_not_told_to_be_endless() -> None:
    assert (await hear(talk("as people talk", 40, 1))).told == ["final"]


def test_a_short_word_after_noise_is_still_heard() -> None:
    allowance = RequestAllowance()
    for _ in range(20):
        allowance.sent()
        allowance.answered("")
    assert not allowance.allows(guess=False)
    allowance.hear(2.5)
    assert allowance.allows(guess=False)
    allowance.sent()
    allowance.answered("yes")
    assert allowance.allows(guess=True)
