"""POST audio/speech: text in, WAV out."""

from __future__ import annotations

import re
import struct
from typing import Annotated

import numpy as np
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from local.groq_standin.error_responses import bad_request
from local.groq_standin.faults import Fault, RequestTraits
from local.groq_standin.models import SPEECH
from local.groq_standin.request_run import CutShort, RequestRun
from local.speech import GROQ_VOICES, Samples, SpokenVoice, at_speed, speak
from local.spoken_language import ENGLISH, latin_language

LONGEST = 200
_RATE = 24_000
_RATES = (8_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
_CHUNK_S = 0.1
_BREATH_RMS = (0.0017, 0.006)
_FULL_SCALE = 2**15
_TONE = 8_000  # amplitude of 16-bit samples: -12 dBFS
_UNKNOWN_SIZE = 0xFFFFFFFF
_DIRECTION = re.compile(
    r"\[[\w -]+\]"
)  # Orpheus accepts directions such as [cheerful], and does not speak them


class SpeechRequest(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    model: str
    input: str
    voice: str
    response_format: str = "mp3"  # the default of Groq's reference, which Orpheus does not offer
    sample_rate: int = _RATE
    speed: Annotated[float, Field(ge=0.5, le=5)] = 1.0


async def say(run: RequestRun) -> web.StreamResponse:
    """Answer with the spoken text. Raises: ErrorResponse, CutShort."""
    asked = await _read(run)
    characters = len(asked.input)
    run.entry.details = {
        "input_characters": characters,
        "voice": asked.voice,
        "sample_rate": asked.sample_rate,
    }
    fault = run.take_fault(RequestTraits(endpoint="speech", model=asked.model))
    run.admit(tokens=characters)  # a token of Orpheus is a character
    run.state.account.ledger[asked.model].characters += characters
    text, rate = _DIRECTION.sub("", asked.input), _rate(asked, fault)
    voice = at_speed(_voice(asked.voice, text), asked.speed * run.state.script.pace)
    spoken = await speak(text, voice, sample_rate=rate)
    breath = breath_noise(run.state.script.breath_s, rate)
    tone_hz = run.state.script.tones.get(asked.voice)
    samples = spoken.samples if tone_hz is None else with_tone(spoken.samples, tone_hz, rate)
    wav = _wav(breath.tobytes() + samples.tobytes(), rate, fault)
    run.state.own_voice.keep(wav, text)
    last_ms = run.latencies.speech_first_ms + run.latencies.speech_per_character_ms * characters
    return await _deliver(run, wav, rate, last_ms)


async def _read(run: RequestRun) -> SpeechRequest:
    content = await run.content(SPEECH, "text to speech")
    try:
        asked = SpeechRequest.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        raise bad_request(f"'{'.'.join(map(str, first['loc']))}' : {first['msg']}") from error
    _check(asked)
    return asked


def _check(asked: SpeechRequest) -> None:
    if not asked.input.strip():
        raise bad_request("`input` must not be empty")
    if len(asked.input) > LONGEST:
        raise bad_request(
            f"input length must be {LONGEST} characters or fewer, "
            f"but provided input contains {len(asked.input)} characters"
        )
    if asked.voice not in GROQ_VOICES:
        raise bad_request(f"`voice` must be one of the following voices: [{' '.join(GROQ_VOICES)}]")
    if asked.response_format != "wav":
        raise bad_request("`response_format` must be one of [wav]")
    if asked.sample_rate not in _RATES:
        raise bad_request(f"`sample_rate` must be one of {list(_RATES)}")


def _rate(asked: SpeechRequest, fault: Fault | None) -> int:
    return 48_000 if fault and fault.kind == "wav_48_khz" else asked.sample_rate


def _voice(name: str, text: str) -> SpokenVoice:
    """Return the voice in the text's likeliest language. Unlike Orpheus, the stand-in reads any language."""
    voice, language = GROQ_VOICES[name], latin_language(text)
    return voice if language == ENGLISH else voice.speaking(language)


def breath_noise(seconds: float, rate: int) -> Samples:
    """Return noise such as Orpheus begins with, which rises from an RMS of 0.0017 to 0.006 of full scale.

    Source: github.com/canopyai/Orpheus-TTS/issues/299.
    """
    count = round(seconds * rate)
    noise = np.random.default_rng(count).normal(size=count) * np.linspace(*_BREATH_RMS, count)
    return (noise * _FULL_SCALE).astype(np.int16)


def with_tone(speech: Samples, hz: int, rate: int) -> Samples:
    """Return the speech half as loud, with a tone under it, by which a test finds it in a recording."""
    tone = _TONE * np.sin(2 * np.pi * hz * np.arange(len(speech)) / rate)
    return np.asarray(speech / 2 + tone, np.int16)


def _wav(samples: bytes, rate: int, fault: Fault | None) -> bytes:
    kind = fault.kind if fault else None
    if kind == "bad_wav":
        return b"<html>this is no audio</html>" * 40
    if kind == "empty":
        samples = b""
    whole, data = len(samples) + 36, len(samples)
    if kind == "wav_without_sizes":
        whole = data = _UNKNOWN_SIZE
    header = struct.pack(
        "<4sI4s4sIHHIIHH4sI", b"RIFF", whole, b"WAVE", b"fmt ", 16, 1, 1, rate, rate * 2, 2, 16, b"data", data
    )
    return header + samples


async def _deliver(run: RequestRun, wav: bytes, rate: int, last_ms: float) -> web.StreamResponse:
    """Send 0.1 s chunks, evenly paced from the first to the last time."""
    delivery = run.open("audio/wav")
    size = round(rate * _CHUNK_S) * 2
    chunks = [wav[at : at + size] for at in range(0, len(wav), size)]
    first_ms = run.latencies.speech_first_ms
    for place, chunk in enumerate(chunks):
        if run.fault and run.fault.kind == "ends_early" and place >= max(1, len(chunks) // 2):
            raise CutShort
        await run.pacer.until(first_ms + (last_ms - first_ms) * place / len(chunks))
        await delivery.send(chunk)
    return await delivery.finish()
