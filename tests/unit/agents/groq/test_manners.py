"""What a caller's sounds do to an agent that speaks: hold, resume or stop it. Window by window."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import numpy as np
import pytest

from agents.groq.stt.manners import Manners
from agents.groq.stt.turn_audio import Window
from agents.turns.expectation import Expects
from agents.turns.patience import PATIENCE
from agents.turns.turn_judge import HOLD_AFTER_S, TurnJudge

pytestmark = pytest.mark.looptime

WINDOW_S = 0.032
LOUD, QUIET = (np.int16(level).tobytes() for level in (8_000, 800))
BALANCED = PATIENCE["balanced"]


class Agent:
    """An agent in the middle of a reply. `log`: what was done to it."""

    agent_speaks = agent_replies = True
    asked: Expects | None = None
    question_is_open = False

    def __init__(self) -> None:
        self.log: list[str] = []
        self.stopped = asyncio.Event()

    def hold(self) -> None:
        self.log.append("held")

    def go_on(self) -> None:
        self.log.append("goes on")

    async def give_way(self) -> None:
        await self.stopped.wait()
        self.agent_speaks = self.agent_replies = False
        self.log.append("stopped")


class Caller:
    """Speaks to the manners, without a recognizer."""

    def __init__(self, agent: Agent, finished: float | None = None) -> None:
        self.agent, self.judged = agent, 0
        self.asked: list[int] = []
        self.finished = finished
        self.first_words: asyncio.Future[str] = asyncio.get_event_loop().create_future()
        self.guesses_s: list[float] = []  # seconds of sound in each request for first words
        self.manners = Manners(TurnJudge(BALANCED, floor=agent), self._model, self._judged, self._transcribed)
        self.told: list[str] = []
        self.manners.begin([])

    def speaks(self, seconds: float, sound: bytes = LOUD) -> None:
        for _ in range(round(seconds / WINDOW_S)):
            self.manners.hear(Window(sound, WINDOW_S, 0.9), speaking=True, silence_s=0.0)

    async def is_silent(self, seconds: float) -> None:
        for number in range(round(seconds / WINDOW_S)):
            silence_s = number * WINDOW_S
            self.manners.hear(Window(QUIET, WINDOW_S, 0.1), speaking=silence_s < 0.1, silence_s=silence_s)
            await asyncio.sleep(0)

    def is_understood(self, words: str) -> None:
        self.manners.take(words, lambda: self.told.append(words))

    async def _transcribed(self, sound: list[Window]) -> str:
        self.guesses_s.append(round(sum(window.seconds for window in sound), 1))
        return await asyncio.shield(self.first_words)

    async def _model(self, audio: bytes) -> float | None:
        self.asked.append(len(audio))
        return self.finished

    def _judged(self) -> None:
        self.judged += 1


@pytest.fixture
async def agent() -> Agent:
    return Agent()


@pytest.fixture
async def caller(agent: Agent) -> AsyncIterator[Caller]:
    one = Caller(agent)
    yield one
    agent.stopped.set()
    await one.manners.close()


async def test_a_click_does_not_hold_the_agent_and_a_word_does(caller: Caller) -> None:
    caller.speaks(HOLD_AFTER_S - 2 * WINDOW_S)
    assert caller.agent.log == []
    caller.speaks(3 * WINDOW_S)
    assert caller.agent.log == ["held"]


async def test_a_click_before_a_word_does_not_count_as_its_beginning(caller: Caller) -> None:
    caller.speaks(2 * WINDOW_S)
    await caller.is_silent(0.15)
    caller.speaks(HOLD_AFTER_S - 2 * WINDOW_S)
    assert caller.agent.log == []
    caller.speaks(3 * WINDOW_S)
    assert caller.agent.log == ["held"]


async def test_after_a_nod_the_agent_goes_on_and_nobody_is_told(caller: Caller, agent: Agent) -> None:
    caller.speaks(0.5)
    caller.is_understood("Okay.")
    assert agent.log == ["held", "goes on"]
    assert caller.told == []
    assert caller.manners.is_nod("Okay.")
    assert caller.manners.silence_s("Okay.") == BALANCED.done_s


async def test_a_short_word_holds_the_agent_too_until_it_is_understood(caller: Caller, agent: Agent) -> None:
    caller.speaks(0.2)
    await caller.is_silent(0.25)
    assert agent.log == ["held"]
    caller.is_understood("okay")
    assert agent.log == ["held", "goes on"]


async def test_a_nod_that_is_understood_soon_does_not_hold_the_agent(caller: Caller, agent: Agent) -> None:
    caller.speaks(0.2)
    caller.is_understood("mhm")
    await caller.is_silent(0.5)
    assert agent.log == []


async def test_a_nod_by_its_first_words_holds_the_agent_no_longer_than_it_lasts(
    caller: Caller, agent: Agent
) -> None:
    caller.speaks(0.45)
    caller.first_words.set_result("Okay.")
    await asyncio.sleep(0.01)
    assert agent.log == ["held"]
    caller.speaks(0.2)
    await caller.is_silent(0.13)
    assert agent.log == ["held", "goes on"]


async def test_in_noise_a_nod_is_over_when_it_is_quiet_and_held_again_when_it_was_not_over(
    caller: Caller, agent: Agent
) -> None:
    """For a while, the VAD takes the noise after a word for speech."""
    caller.speaks(0.45)
    caller.first_words.set_result("Okay.")
    await asyncio.sleep(0.01)
    caller.speaks(0.07, sound=QUIET)
    assert agent.log == ["held", "goes on"]
    caller.speaks(WINDOW_S)
    assert agent.log == ["held", "goes on", "held"]


async def test_a_nod_that_lasts_is_asked_for_again_and_other_words_are_not(
    caller: Caller, agent: Agent
) -> None:
    caller.first_words.set_result("Mhm.")
    for _ in range(20):
        caller.speaks(WINDOW_S)
        await asyncio.sleep(0.001)
    assert caller.guesses_s[0] == 0.4
    assert len(caller.guesses_s) > 2
    await caller.is_silent(0.13)
    assert agent.log == ["held", "goes on"]
    asked = len(caller.guesses_s)
    caller.first_words = asyncio.get_running_loop().create_future()
    caller.first_words.set_result("mhm but")
    caller.speaks(0.2)
    await caller.is_silent(0.05)
    caller.speaks(0.2)
    assert len(caller.guesses_s) == asked + 1
    assert agent.log == ["held", "goes on", "held"]


async def test_more_than_the_first_words_is_waited_for(caller: Caller, agent: Agent) -> None:
    caller.speaks(0.45)
    caller.first_words.set_result("Okay.")
    await asyncio.sleep(0.01)
    caller.speaks(0.5)
    await caller.is_silent(0.13)
    assert agent.log == ["held"]


async def test_after_a_cough_the_agent_goes_on(caller: Caller, agent: Agent) -> None:
    caller.speaks(0.5)
    caller.is_understood("")
    assert agent.log == ["held", "goes on"]


async def test_words_stop_the_agent_before_they_are_told(caller: Caller, agent: Agent) -> None:
    caller.speaks(0.5)
    caller.is_understood("stop")
    await asyncio.sleep(0)
    assert caller.told == [], "no reply is prepared while the agent speaks"
    agent.stopped.set()
    await asyncio.sleep(0.01)
    assert agent.log == ["held", "stopped"]
    assert caller.told == ["stop"]
    assert not caller.manners.is_nod("stop okay")


async def test_a_nod_that_goes_on_holds_the_agent_again_and_is_a_turn(caller: Caller, agent: Agent) -> None:
    caller.speaks(0.5)
    caller.is_understood("okay")
    caller.speaks(HOLD_AFTER_S - 2 * WINDOW_S)
    assert agent.log == ["held", "goes on"]
    caller.speaks(3 * WINDOW_S)
    assert agent.log == ["held", "goes on", "held"]
    caller.speaks(0.2)
    agent.stopped.set()
    caller.is_understood("okay so what now")
    await asyncio.sleep(0.01)
    assert agent.log[-1] == "stopped"
    assert caller.told == ["okay so what now"]


async def test_a_caller_who_is_not_understood_soon_is_not_left_in_silence(
    caller: Caller, agent: Agent
) -> None:
    caller.speaks(0.8)
    await caller.is_silent(1.3)
    assert agent.log == ["held", "goes on"]
    agent.stopped.set()
    caller.is_understood("stop please wait")
    await asyncio.sleep(0.01)
    assert agent.log[-1] == "stopped"


async def test_long_nodding_is_a_turn(caller: Caller, agent: Agent) -> None:
    caller.speaks(1.2)
    assert not caller.manners.is_nod("okay okay okay okay")


async def test_a_turn_that_ends_unheard_lets_the_agent_go_on(caller: Caller, agent: Agent) -> None:
    caller.speaks(0.5)
    caller.manners.end("", nod=False)
    assert agent.log == ["held", "goes on"]


async def test_a_turn_that_ends_with_its_first_words_stops_the_agent(caller: Caller, agent: Agent) -> None:
    agent.stopped.set()
    caller.speaks(0.5)
    caller.manners.end("stop", nod=False)
    await asyncio.sleep(0.01)
    assert agent.log == ["held", "stopped"]


async def test_the_voice_is_judged_once_a_pause(caller: Caller) -> None:
    caller.finished = 0.9
    caller.speaks(2.0)
    assert caller.manners.silence_s("it is slow") == BALANCED.plain_s
    await caller.is_silent(0.3)
    assert caller.judged == 1
    assert caller.asked == [2 * 37], "the last 1.2 s"
    assert caller.manners.silence_s("it is slow") == BALANCED.done_s
    caller.manners.go_on()
    assert caller.manners.silence_s("it is slow") == BALANCED.plain_s
    await caller.is_silent(0.3)
    assert caller.judged == 2
