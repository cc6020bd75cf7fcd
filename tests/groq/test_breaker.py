"""A model that keeps failing: tried last, with a shorter timeout, and tried again after a rest."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from groq import AsyncGroq
from livekit.agents import APIError

from agents.audio.prepared_audio import render_prompt
from agents.audio.vad import RATE
from agents.groq.breaker import COUNTED, Breaker
from agents.groq.errors import BadAnswer, Fault
from agents.groq.llm.groq_llm import GroqLLM
from agents.groq.probe import serves
from agents.groq.stt.transcription import Transcriber
from agents.groq.summary import GroqSummarizer
from agents.groq.tts.groq_tts import GroqTTS
from local.groq_standin import StandIn
from settings import GroqSettings
from tests.groq.talk import HELLO_ANSWER, ask

pytestmark = pytest.mark.fault("A7")

FIRST, SECOND = "openai/gpt-oss-120b", "openai/gpt-oss-20b"
SETTINGS = GroqSettings.model_construct()
DEAD = BadAnswer(Fault.SLOW)
SLACK_S = 0.5
"""The delay that a loaded machine adds: less than the difference between the limits."""


@dataclass
class Hands:
    """A clock that stands still until a test moves it."""

    at: float = 1000.0

    def now(self) -> float:
        return self.at

    def turn(self, seconds: float) -> None:
        self.at += seconds


@dataclass
class Watched:
    """A breaker, and its clock."""

    clock: Hands = field(default_factory=Hands)

    def __post_init__(self) -> None:
        self.breaker = Breaker(SETTINGS, self.clock.now)

    def fails(self, times: int, fault: Fault = Fault.SLOW) -> None:
        for _ in range(times):
            self.breaker.record_failure(FIRST, BadAnswer(fault))


@pytest.fixture
def watched() -> Watched:
    return Watched()


def test_one_failure_is_no_habit(watched: Watched) -> None:
    watched.fails(1)
    assert watched.breaker.pick(FIRST, SECOND) == FIRST


def test_a_model_that_failed_twice_in_a_row_is_asked_last(watched: Watched) -> None:
    watched.fails(2)
    assert watched.breaker.pick(FIRST, SECOND) == SECOND


def test_a_success_between_two_failures_forgives_the_first(watched: Watched) -> None:
    watched.fails(1)
    watched.breaker.record_success(FIRST)
    watched.fails(1)
    assert watched.breaker.trusts(FIRST)


def test_when_both_keep_failing_the_first_is_asked_all_the_same(watched: Watched) -> None:
    watched.fails(2)
    for _ in range(2):
        watched.breaker.record_failure(SECOND, DEAD)
    assert watched.breaker.pick(FIRST, SECOND) == FIRST


@pytest.mark.parametrize("fault", sorted(set(Fault) - COUNTED))
def test_what_is_wrong_with_a_request_or_a_key_is_not_held_against_a_model(
    watched: Watched, fault: Fault
) -> None:
    watched.fails(9, fault)
    assert watched.breaker.trusts(FIRST)


def test_after_its_rest_one_request_sees_whether_it_is_back(watched: Watched) -> None:
    watched.fails(2)
    watched.clock.turn(SETTINGS.rest_s)
    assert watched.breaker.pick(FIRST, SECOND) == FIRST
    assert watched.breaker.pick(FIRST, SECOND) == SECOND, "only one of them"
    watched.breaker.record_success(FIRST)
    assert watched.breaker.pick(FIRST, SECOND) == FIRST


def test_a_model_that_is_not_back_rests_for_longer_and_at_most_so_long(watched: Watched) -> None:
    watched.fails(2)
    for rest_s in (15, 30, 60, 120, 120):
        watched.clock.turn(rest_s - 0.1)
        assert not watched.breaker.trusts(FIRST)
        watched.clock.turn(0.1)
        assert watched.breaker.trusts(FIRST)
        watched.fails(1)


def test_a_model_with_a_spare_is_looked_at_again_as_soon_as_the_first_time(watched: Watched) -> None:
    for _ in range(2):
        watched.breaker.record_failure(FIRST, DEAD, has_spare=True)
    for _ in range(5):
        watched.clock.turn(SETTINGS.rest_s - 0.1)
        assert not watched.breaker.trusts(FIRST)
        watched.clock.turn(0.1)
        assert watched.breaker.trusts(FIRST)
        watched.breaker.record_failure(FIRST, DEAD, has_spare=True)


def test_a_probe_that_was_dropped_is_followed_by_another(watched: Watched) -> None:
    watched.fails(2)
    watched.clock.turn(SETTINGS.rest_s)
    assert watched.breaker.trusts(FIRST)
    watched.clock.turn(2.0)
    assert watched.breaker.trusts(FIRST)


def test_a_failure_as_the_last_resort_does_not_prolong_the_rest(watched: Watched) -> None:
    watched.fails(2)
    watched.clock.turn(SETTINGS.rest_s - 1)
    watched.fails(3)
    watched.clock.turn(1)
    assert watched.breaker.trusts(FIRST)


async def test_a_dead_first_model_costs_its_limit_twice_and_then_no_more(
    client: AsyncGroq, settings: GroqSettings, stand_in: StandIn
) -> None:
    clock = Hands()
    chat = GroqLLM(client, settings, breaker=Breaker(settings, clock.now))
    stand_in.control.fault("chat", "stall", model=FIRST, count=3)
    took = []
    for _ in range(4):
        heard = await ask(chat)
        assert heard.words == HELLO_ANSWER
        took.append(heard.after_s > settings.first_token_limit_s)
    assert took == [True, True, False, False]
    assert asked(stand_in) == [FIRST, SECOND, FIRST, SECOND, SECOND, SECOND]
    clock.turn(settings.rest_s)
    await ask(chat)
    clock.turn(2 * settings.rest_s)
    await ask(chat)
    await ask(chat)
    assert asked(stand_in)[6:] == [FIRST, SECOND, FIRST, FIRST], "it is back, and asked first"


async def test_groqs_retry_after_says_how_long_a_model_rests(
    client: AsyncGroq, settings: GroqSettings, stand_in: StandIn
) -> None:
    clock = Hands()
    chat = GroqLLM(client, settings, breaker=Breaker(settings, clock.now))
    stand_in.control.fault("chat", "rate_limited", model=FIRST, retry_after_s=40)
    for wait_s in (0, 39, 1):
        clock.turn(wait_s)
        await ask(chat)
    assert asked(stand_in) == [FIRST, SECOND, SECOND, FIRST]


async def test_a_dropped_reply_counts_neither_way(
    client: AsyncGroq, settings: GroqSettings, stand_in: StandIn
) -> None:
    chat = GroqLLM(client, settings)
    stand_in.control.fault("chat", "stall", count=4)
    for _ in range(4):
        reply = asyncio.create_task(ask(chat))
        async with asyncio.timeout(5):
            await stand_in.control.until(lambda: stand_in.control.counts("chat").under_way > 0)
        reply.cancel()
        await asyncio.wait([reply])
    assert chat.breaker.trusts(FIRST)


async def test_hearing_in_doubt_is_waited_for_less_and_asked_all_the_same(
    client: AsyncGroq, stand_in: StandIn
) -> None:
    settings = GroqSettings.model_construct(hearing_limit_s=3.0)
    transcriber = Transcriber(client, settings, Breaker(settings))
    stand_in.control.fault("transcriptions", "stall", count=99)
    took = [await seconds(transcriber.transcribe(bytes(RATE), speech_s=0.0)) for _ in range(2)]
    assert took[0] > settings.hearing_limit_s - 0.1
    assert took[1] < settings.doubted_limit_s + SLACK_S
    stand_in.control.clear_faults()
    assert await seconds(transcriber.transcribe(bytes(RATE), speech_s=0.0)) < settings.doubted_limit_s


async def test_speech_in_doubt_is_waited_for_less_and_asked_all_the_same(
    client: AsyncGroq, settings: GroqSettings, stand_in: StandIn
) -> None:
    speaking = GroqTTS(client, settings, voice="hannah")
    stand_in.control.fault("speech", "stall", count=99)
    took = [await seconds(render_prompt(speaking, "Good day to you.")) for _ in range(2)]
    assert took[0] > settings.speaking_limit_s - 0.1
    assert took[1] < settings.doubted_limit_s + SLACK_S
    stand_in.control.clear_faults()
    assert (await render_prompt(speaking, "Good day to you.")).duration_s > 0.5


async def test_a_summary_whose_model_stalls_comes_from_the_other_in_time(
    client: AsyncGroq, settings: GroqSettings, stand_in: StandIn
) -> None:
    breaker = Breaker(settings)
    summarizer = GroqSummarizer(client, settings, "Sum this up.", limit_s=2.0, breaker=breaker)
    stand_in.control.fault("chat", "stall", model=SECOND, count=99)
    took = [await seconds(summarizer.summarize([], reason="an invoice")) for _ in range(3)]
    assert max(took) < 2.0
    assert took[2] < 0.9, "by now it is asked last"
    assert asked(stand_in) == [SECOND, FIRST, SECOND, FIRST, FIRST]


async def test_a_probe_spends_nothing_while_a_limit_is_spent(
    stand_in: StandIn, client: AsyncGroq, settings: GroqSettings
) -> None:
    clock = Hands()
    breaker = Breaker(settings, clock.now)

    async def back() -> bool:
        return await serves(client, settings, breaker, model=None)

    stand_in.control.fault("transcriptions", "rate_limited", count=2, retry_after_s=20)
    assert not await back()
    for _ in range(5):
        assert not await back()
        clock.turn(3)
    assert stand_in.control.counts("transcriptions").requests == 2, "each ear once"
    clock.turn(6)
    assert await back()
    assert stand_in.control.counts("transcriptions").requests == 3


def asked(stand_in: StandIn) -> list[str]:
    return [entry.model for entry in stand_in.control.requests("chat")]


async def seconds(work: Any) -> float:
    """Return the seconds that the work takes, whether it succeeds or not."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    with suppress(APIError):
        await work
    return loop.time() - began
