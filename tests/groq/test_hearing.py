"""Hearing with the real client, the real VAD and real speech: what is reported, and every fault of Groq's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest
from groq import AsyncGroq
from livekit import rtc
from livekit.agents import APIConnectionError, APIError, APIStatusError, APITimeoutError, stt

from agents.audio.trim_silence import Samples
from agents.groq.breaker import Breaker
from agents.groq.stt.echo import OwnSpeech
from agents.groq.stt.groq_stt import GroqSTT
from agents.groq.stt.stream import NOD, Nod
from agents.groq.stt.transcription import Transcriber
from agents.turns.nods import Nods
from agents.turns.patience import Patience
from agents.turns.turn_judge import TurnJudge
from local.groq_standin import Latencies, StandIn
from settings import CallSettings, GroqSettings
from tests.support.audio.spoken import RATE, frames, hush, words

START, FINAL, END = (
    stt.SpeechEventType.START_OF_SPEECH,
    stt.SpeechEventType.FINAL_TRANSCRIPT,
    stt.SpeechEventType.END_OF_SPEECH,
)
GUESS, GOES_ON = stt.SpeechEventType.PREFLIGHT_TRANSCRIPT, stt.SpeechEventType.INTERIM_TRANSCRIPT
WANTS_BILLING = "I want the billing desk"
HEARD = "I want the billing desk."


@pytest.fixture
def settings() -> GroqSettings:
    """Short limits, so that a stall ends soon."""
    return GroqSettings.model_construct(hearing_limit_s=3.0)


@pytest.fixture
def judge() -> TurnJudge:
    """A long end of turn: the words are there before it, however busy the machine."""
    return TurnJudge(Patience(1.2, 1.2, 1.2, 1.2))


@pytest.fixture
def hearing(client: AsyncGroq, settings: GroqSettings, judge: TurnJudge) -> GroqSTT:
    return GroqSTT(client, settings, CallSettings.model_construct(), judge=judge)


class Ear:
    """Listens to a hearing's stream for as long as a test lasts."""

    def __init__(self, stream: stt.RecognizeStream) -> None:
        self.stream = stream
        self.events: list[stt.SpeechEvent] = []
        self.task = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        async for event in self.stream:
            if event.type is not stt.SpeechEventType.RECOGNITION_USAGE:
                self.events.append(event)

    async def hear(self, *sound: Samples, speed: float = 1.0) -> None:
        async for frame in frames(*sound, speed=speed):
            self.stream.push_frame(frame)

    async def until(self, kind: stt.SpeechEventType) -> None:
        async with asyncio.timeout(30):
            while kind not in self.kinds:  # noqa: ASYNC110 - the stream is read by a task of its own
                await asyncio.sleep(0.01)

    @property
    def kinds(self) -> list[stt.SpeechEventType]:
        return [event.type for event in self.events]

    @property
    def texts(self) -> list[str]:
        return [event.alternatives[0].text for event in self.events if event.alternatives]


@pytest.fixture
async def ear(hearing: GroqSTT) -> AsyncIterator[Ear]:
    async with hearing.stream() as stream:
        ear = Ear(stream)
        yield ear
    await asyncio.wait([ear.task])


async def test_the_words_are_told_early_and_again_when_the_turn_is_over(ear: Ear) -> None:
    await ear.hear(hush(0.3), words(WANTS_BILLING), hush(0.9))
    assert ear.kinds == [START, GUESS]
    await ear.hear(hush(0.6))
    await ear.until(END)
    assert ear.kinds == [START, GUESS, FINAL, END]
    assert ear.texts == [HEARD, HEARD]


@pytest.mark.parametrize("judge", [TurnJudge.of("balanced")])
@pytest.mark.parametrize("parts", [("I want", "the billing desk"), ("I want the", "billing desk")])
async def test_a_pause_of_four_tenths_does_not_end_the_turn(ear: Ear, parts: tuple[str, str]) -> None:
    await ear.hear(hush(0.3), words(parts[0]), hush(0.4), words(parts[1]), hush(0.8))
    await ear.until(END)
    assert ear.kinds.count(FINAL) == 1
    assert ear.texts[-1] == HEARD


async def test_a_caller_who_goes_on_makes_the_guess_void(ear: Ear) -> None:
    await ear.hear(hush(0.3), words("hello"), hush(0.9), words(WANTS_BILLING), hush(1.5))
    await ear.until(END)
    assert ear.kinds == [START, GUESS, GOES_ON, GUESS, FINAL, END]
    assert ear.texts[1] not in ear.texts[0]


NODDING = TurnJudge(Patience(1.2, 1.2, 1.2, 1.2), nods=Nods.of([WANTS_BILLING]))


@pytest.mark.parametrize(
    ("judge", "taken", "nods"),
    [(TurnJudge(Patience(1.2, 1.2, 1.2, 1.2)), [HEARD], []), (NODDING, [], [HEARD])],
    ids=["words", "a nod"],
)
async def test_words_that_a_handoff_takes_are_no_turn_to_livekit(
    ear: Ear, hearing: GroqSTT, taken: list[str], nods: list[str]
) -> None:
    said: list[str] = []
    nodded: list[Nod] = []
    hearing.activity.take_words = said.append
    hearing.on(NOD, nodded.append)
    await ear.hear(hush(0.3), words(WANTS_BILLING), hush(1.5))
    await ear.until(END)
    assert ear.kinds == [START, END]
    assert (said, [nod.words for nod in nodded]) == (taken, nods)


async def test_silence_and_clicks_ask_for_nothing(ear: Ear, stand_in: StandIn) -> None:
    click = np.full(200, 9_000, np.int16)
    await ear.hear(hush(1), click, hush(1), click, hush(1), speed=20)
    assert ear.kinds == []
    assert stand_in.control.requests("transcriptions") == []


async def test_a_caller_who_switches_the_microphone_off_has_finished(ear: Ear) -> None:
    await ear.hear(hush(0.3), words(WANTS_BILLING))
    await ear.until(FINAL)
    assert ear.texts[-1] == HEARD


async def test_what_whisper_makes_of_noise_is_dropped(hearing: GroqSTT) -> None:
    noise = np.random.default_rng(1).normal(0, 3_000, RATE).astype(np.int16)
    event = await hearing.recognize(rtc.AudioFrame(noise.tobytes(), RATE, 1, RATE))
    assert event.alternatives[0].text == ""


async def test_a_moment_too_short_for_groq_is_lengthened(hearing: GroqSTT) -> None:
    event = await hearing.recognize(rtc.AudioFrame(bytes(200), RATE, 1, 100))
    assert event.alternatives[0].text == ""


@pytest.mark.parametrize("rate", [16_000, 24_000, 48_000])
async def test_one_utterance_is_transcribed_at_any_rate(hearing: GroqSTT, rate: int) -> None:
    sound = words(WANTS_BILLING)
    resampler = rtc.AudioResampler(RATE, rate)
    given = [*resampler.push(bytearray(sound.tobytes())), *resampler.flush()]
    event = await hearing.recognize(given)
    assert event.alternatives[0].text == HEARD


async def test_at_most_one_request_is_under_way(ear: Ear, stand_in: StandIn) -> None:
    stand_in.control.set_latencies(Latencies(transcription_ms=450))
    await ear.hear(hush(0.3), words("hello"), hush(0.2), words("hello"), hush(0.2), words("hello"), hush(1.5))
    await ear.until(END)
    assert stand_in.control.counts("transcriptions").peak <= 2  # one that is cancelled, and the next
    assert ear.kinds.count(FINAL) == 1


async def test_a_slow_answer_is_waited_for(ear: Ear, hearing: GroqSTT, stand_in: StandIn) -> None:
    told: list[Any] = []
    hearing.on("error", told.append)
    stand_in.control.set_latencies(Latencies(transcription_ms=2_300))
    await ear.hear(hush(0.3), words(WANTS_BILLING), hush(1.4), speed=4)
    await ear.until(FINAL)
    assert (ear.texts[-1], told) == (HEARD, [])


@pytest.mark.parametrize(
    "figures", [{"avg_logprob": -1.3}, {"compression_ratio": 2.9}, {"no_speech_prob": 0.8}]
)
async def test_words_that_whisper_makes_up_are_no_turn(
    ear: Ear, stand_in: StandIn, figures: dict[str, float]
) -> None:
    stand_in.control.fault("transcriptions", "made_up", count=9, **figures)
    await ear.hear(hush(0.3), words(WANTS_BILLING), hush(1.4), speed=4)
    await ear.until(END)
    assert ear.kinds == [START, END]


async def test_whisper_is_told_the_names_and_what_was_said_before(
    client: AsyncGroq, settings: GroqSettings, stand_in: StandIn
) -> None:
    known = ["Brightwave", "the billing desk"]
    transcriber = Transcriber(client, settings, Breaker(settings), known=known)
    await transcriber.transcribe(bytes(2 * RATE), speech_s=0.0, after="Good day.")
    (request,) = stand_in.control.requests("transcriptions")
    assert request.details["prompt_characters"] == len("Brightwave, the billing desk. Good day.")


async def test_whisper_is_told_the_roles_language_and_the_words_are_of_it(
    client: AsyncGroq, settings: GroqSettings, stand_in: StandIn
) -> None:
    hearing = GroqSTT(client, settings, CallSettings.model_construct(), language="de")
    async with hearing.stream() as stream:
        ear = Ear(stream)
        await ear.hear(hush(0.3), words(WANTS_BILLING), hush(2.5), speed=4)
        await ear.until(FINAL)
    assert {request.details["language"] for request in stand_in.control.requests("transcriptions")} == {"de"}
    assert {str(event.alternatives[0].language) for event in ear.events if event.alternatives} == {"de"}


async def test_the_agents_own_words_are_no_turn(hearing: GroqSTT, ear: Ear) -> None:
    hearing.own_speech = lambda: OwnSpeech(
        "You said: I want the billing desk. Is that right?", 25, audible=True
    )
    await ear.hear(hush(0.3), words(WANTS_BILLING), hush(1.4), speed=4)
    await ear.until(END)
    assert ear.kinds == [START, END]


async def speak(hearing: GroqSTT, text: str = WANTS_BILLING) -> str:
    sound = words(text)
    event = await hearing.recognize(rtc.AudioFrame(sound.tobytes(), RATE, 1, len(sound)))
    return event.alternatives[0].text


HELPED: list[tuple[str, dict[str, Any]]] = [
    ("rate_limited", {"retry_after_s": 0.2}),
    ("no_capacity", {}),
    ("server_error", {"status": 500}),
    ("server_error", {"status": 503}),
    ("cut", {}),
    ("cut", {"after_chunks": 1}),
    ("cut", {"reset": True}),
    ("stall", {}),
    ("stall", {"after_chunks": 1}),
    ("empty", {}),
]


@pytest.mark.fault("A7")
@pytest.mark.parametrize(("kind", "fields"), HELPED)
async def test_a_second_try_helps(
    ear: Ear, hearing: GroqSTT, stand_in: StandIn, kind: Any, fields: dict[str, Any]
) -> None:
    told: list[Any] = []
    hearing.on("error", told.append)
    stand_in.control.fault("transcriptions", kind, **fields)
    await ear.hear(hush(0.3), words(WANTS_BILLING), hush(1.4), speed=4)
    await ear.until(FINAL)
    assert ear.texts[-1] == HEARD
    assert told == []


@pytest.mark.fault("A7")
async def test_a_third_try_helps_when_the_first_hangs_and_the_second_fails(
    ear: Ear, hearing: GroqSTT, stand_in: StandIn
) -> None:
    told: list[Any] = []
    hearing.on("error", told.append)
    stand_in.control.fault("transcriptions", "stall")
    stand_in.control.fault("transcriptions", "server_error")
    await ear.hear(hush(0.3), words(WANTS_BILLING), hush(1.4), speed=4)
    await ear.until(FINAL)
    assert (ear.texts[-1], told) == (HEARD, [])


NOT_HELPED: list[tuple[str, dict[str, Any], type[APIError], bool]] = [
    ("rate_limited", {"retry_after_s": 20}, APIStatusError, True),
    ("no_capacity", {}, APIStatusError, True),
    ("server_error", {"status": 500}, APIStatusError, True),
    ("model_gone", {}, APIStatusError, False),
    ("unauthorized", {}, APIStatusError, False),
    ("cut", {}, APIConnectionError, True),
    ("stall", {}, APITimeoutError, True),
]


@pytest.mark.fault("A7")
@pytest.mark.parametrize(("kind", "fields", "error", "retryable"), NOT_HELPED)
async def test_when_nothing_helps_one_error_is_told_and_the_next_utterance_is_heard(
    ear: Ear,
    hearing: GroqSTT,
    stand_in: StandIn,
    kind: Any,
    fields: dict[str, Any],
    error: type[APIError],
    *,
    retryable: bool,
) -> None:
    told: list[stt.STTError] = []
    hearing.on("error", told.append)
    stand_in.control.fault("transcriptions", kind, count=99, **fields)
    await ear.hear(hush(0.3), words(WANTS_BILLING), hush(1.4), speed=4)
    await ear.until(END)
    assert ear.kinds == [START, END]
    assert [(type(event.error), event.recoverable) for event in told] == [(error, False)]
    assert getattr(told[0].error, "retryable", None) is retryable
    stand_in.control.clear_faults()
    ear.events.clear()
    await ear.hear(hush(0.3), words(WANTS_BILLING), hush(1.4), speed=4)
    await ear.until(END)
    assert ear.texts[-1] == HEARD
    assert len(told) == 1


async def test_an_answer_without_words_is_no_error_when_it_comes_twice(
    ear: Ear, hearing: GroqSTT, stand_in: StandIn
) -> None:
    told: list[Any] = []
    hearing.on("error", told.append)
    stand_in.control.fault("transcriptions", "empty", count=99)
    await ear.hear(hush(0.3), words(WANTS_BILLING), hush(1.4), speed=4)
    await ear.until(END)
    assert (ear.kinds, told) == ([START, END], [])
