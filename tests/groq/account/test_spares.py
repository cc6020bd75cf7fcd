"""A spare voice and a second ear: what a caller hears while Groq fails, and what Groq is asked then."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from groq import AsyncGroq

from agents.audio.trim_silence import Samples
from agents.audio.vad import RATE as HEARING_RATE
from agents.groq.breaker import Breaker
from agents.groq.models import Spared, check_models
from agents.groq.spare_use import SpareUse
from agents.groq.stt.transcription import Transcriber
from agents.groq.tts.groq_tts import GroqTTS
from agents.groq.tts.speech_request import RATE
from local.groq_standin import Latencies, StandIn
from local.speech import CALLER, synthesize
from settings import GroqSettings

pytestmark = pytest.mark.fault("A7")

REPLY = "Your line is sound from the exchange to your home. Is there anything else that I can do for you?"
SPOKEN_S = (5.0, 7.5)
"""Shortest and longest time for both sentences, in either voice."""
WANTS_BILLING, HEARD = "I want the billing desk", "I want the billing desk."
FIRST, SECOND = "whisper-large-v3-turbo", "whisper-large-v3"


@dataclass
class Changes:
    """What a spare's use reported, and a clock that tests move by hand."""

    at: float = 1_000.0
    told: list[str | None] = field(default_factory=list)

    def now(self) -> float:
        return self.at


@pytest.fixture
def changes() -> Changes:
    return Changes()


@pytest.fixture
def speaking(client: AsyncGroq, settings: GroqSettings, changes: Changes) -> GroqTTS:
    made = GroqTTS(client, settings, voice="hannah", breaker=Breaker(settings, changes.now), spare=True)
    made.voice.use.on_change(changes.told.append)
    return made


async def spoken(speaking: GroqTTS, text: str = REPLY) -> tuple[Samples, float]:
    """Speak a reply; return its sound, and the seconds until its first sound."""
    sound, began = list[Samples](), asyncio.get_running_loop().time()
    first_s = 0.0
    async with speaking.stream() as stream:
        stream.push_text(text)
        stream.end_input()
        async for event in stream:
            first_s = first_s or asyncio.get_running_loop().time() - began
            sound.append(np.frombuffer(event.frame.data, np.int16))
    return np.concatenate(sound), first_s


FAULTS: list[tuple[str, dict[str, Any], str]] = [
    ("model_gone", {}, "model_gone"),
    ("rate_limited", {"retry_after_s": 20}, "429"),
    ("daily_limit", {"retry_after_s": 900}, "day_spent"),
    ("server_error", {"status": 500}, "500"),
    ("cut", {}, "lost"),
    ("stall", {}, "slow"),
    ("bad_wav", {}, "broken"),
]


@pytest.mark.parametrize(("kind", "fields", "why"), FAULTS)
async def test_the_spare_speaks_in_time_what_groq_cannot_and_then_groq_is_left_alone(
    speaking: GroqTTS, stand_in: StandIn, changes: Changes, kind: Any, fields: dict[str, Any], why: str
) -> None:
    stand_in.control.fault("speech", kind, count=99, **fields)
    sound, first_s = await spoken(speaking)
    assert SPOKEN_S[0] < len(sound) / RATE < SPOKEN_S[1]
    assert first_s < 2.0
    asked = stand_in.control.counts("speech").requests
    sound, first_s = await spoken(speaking)
    assert SPOKEN_S[0] < len(sound) / RATE < SPOKEN_S[1]
    assert stand_in.control.counts("speech").requests == asked
    assert changes.told == [why]


@pytest.mark.parametrize(
    ("wrong", "why"), [("terms", "terms_not_accepted"), ("gone", "model_gone"), ("voice", "voice_unknown")]
)
async def test_an_account_that_may_not_speak_is_asked_once(
    client: AsyncGroq, settings: GroqSettings, stand_in: StandIn, wrong: str, why: str
) -> None:
    account, told = stand_in.control.account, list[str | None]()
    if wrong == "terms":
        account.terms_missing.add(settings.speaking_model)
    if wrong == "gone":
        account.gone.add(settings.speaking_model)
    made = GroqTTS(client, settings, voice="nobody" if wrong == "voice" else "hannah", spare=True)
    made.voice.use.on_change(told.append)
    for _ in range(3):
        sound, _ = await spoken(made)
        assert SPOKEN_S[0] < len(sound) / RATE < SPOKEN_S[1]
    assert told == [why]
    assert stand_in.control.counts("speech").requests <= 2  # two pieces of the first reply


@pytest.mark.parametrize(("kind", "fields"), [("cut", {"after_chunks": 6}), ("stall", {"after_chunks": 6})])
async def test_a_sentence_that_breaks_off_is_finished_by_the_spare(
    speaking: GroqTTS, stand_in: StandIn, kind: Any, fields: dict[str, Any]
) -> None:
    stand_in.control.set_latencies(Latencies(speech_per_character_ms=8))
    stand_in.control.fault("speech", kind, count=99, **fields)
    sound, _ = await spoken(speaking)
    assert SPOKEN_S[0] < len(sound) / RATE < SPOKEN_S[1] + 1


async def test_groqs_voice_is_back_with_the_first_reply_after_its_rest_at_no_request_more(
    speaking: GroqTTS, settings: GroqSettings, stand_in: StandIn, changes: Changes
) -> None:
    own, _ = await spoken(speaking)
    pieces = stand_in.control.counts("speech").requests
    stand_in.control.fault("speech", "server_error", count=99)
    spare, _ = await spoken(speaking)
    stand_in.control.clear_faults()
    asked = stand_in.control.counts("speech").requests
    changes.at += settings.rest_s
    again, _ = await spoken(speaking)
    assert stand_in.control.counts("speech").requests - asked == pieces
    assert changes.told == ["503", None]
    assert len(again) == pytest.approx(len(own), abs=RATE / 100)
    assert abs(len(spare) - len(own)) > RATE / 50


async def test_a_reply_changes_its_voice_once_at_most(
    speaking: GroqTTS, settings: GroqSettings, stand_in: StandIn, changes: Changes
) -> None:
    stand_in.control.fault("speech", "model_gone")
    async with speaking.stream() as stream:
        stream.push_text("This is the first sentence. And this")
        await anext(aiter(stream))
        changes.at += settings.rest_s  # it works by now, and would be tried
        stream.push_text(" is the second one.")
        stream.end_input()
        async for _ in stream:
            pass
    assert stand_in.control.counts("speech").requests == 1


async def heard(transcriber: Transcriber) -> str:
    said = synthesize(WANTS_BILLING, CALLER, sample_rate=HEARING_RATE).samples
    return await transcriber.transcribe(said.tobytes(), speech_s=1.0)


def models(stand_in: StandIn) -> list[str | None]:
    return [entry.model for entry in stand_in.control.requests("transcriptions")]


@pytest.mark.parametrize(
    ("kind", "fields", "why"),
    [
        ("model_gone", {}, "model_gone"),
        ("rate_limited", {"retry_after_s": 20}, "429"),
        ("daily_limit", {"retry_after_s": 900}, "day_spent"),
        ("no_capacity", {}, "498"),
        ("unauthorized", {}, "401"),
    ],
)
async def test_the_second_ear_hears_what_the_first_cannot_and_the_first_is_back(
    client: AsyncGroq, stand_in: StandIn, changes: Changes, kind: Any, fields: dict[str, Any], why: str
) -> None:
    settings = GroqSettings.model_construct(failures_until_rest=1)
    use = SpareUse("second_ear")
    use.on_change(changes.told.append)
    ears = Transcriber(client, settings, Breaker(settings, changes.now), use=use)
    stand_in.control.fault("transcriptions", kind, model=FIRST, count=99, **fields)
    assert await heard(ears) == await heard(ears) == HEARD
    counted = kind != "unauthorized"  # the key's fault, so a retry costs nothing
    assert models(stand_in) == [FIRST, SECOND] + ([SECOND] if counted else [FIRST, SECOND])
    stand_in.control.clear_faults()
    changes.at += 900
    assert await heard(ears) == HEARD
    assert models(stand_in)[-1] == FIRST
    assert changes.told == [why, None]


async def test_a_second_ear_that_is_spent_is_not_asked(
    client: AsyncGroq, settings: GroqSettings, stand_in: StandIn, changes: Changes
) -> None:
    ears = Transcriber(client, settings, Breaker(settings, changes.now))
    stand_in.control.fault("transcriptions", "daily_limit", model=SECOND, count=99, retry_after_s=900)
    stand_in.control.fault("transcriptions", "server_error", model=FIRST)
    with pytest.raises(Exception, match="day_spent"):
        await heard(ears)
    stand_in.control.fault("transcriptions", "server_error", model=FIRST)
    assert await heard(ears) == HEARD
    assert models(stand_in) == [FIRST, SECOND, FIRST, FIRST]


@pytest.mark.parametrize("field", ["speaking_model", "hearing_model", "second_hearing_model"])
async def test_a_model_that_groq_drops_is_told_as_one_that_has_a_spare(
    client: AsyncGroq, settings: GroqSettings, stand_in: StandIn, field: str
) -> None:
    stand_in.control.account.gone.add(getattr(settings, field))
    with pytest.raises(Spared, match=f"BATON_GROQ_{field.upper()}: Groq does not offer"):
        await check_models(client, settings)
