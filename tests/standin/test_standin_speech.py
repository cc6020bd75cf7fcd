"""The stand-in's voices and recognition, seen through the real client."""

from __future__ import annotations

import io
import wave
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from groq import AsyncGroq

from local.groq_standin import Script, load_script, standin
from local.groq_standin.script import words_of
from local.groq_standin.speech.language_model import language_of
from local.groq_standin.speech.recognition import SAMPLE_RATE, Recognizer
from local.scripted import SCRIPTS
from local.speech import CALLER, GROQ_VOICES, Samples, at_speed, say_line, silence, synthesize
from tests.standin.asking import hear, speak

ALLOWED_WORD_ERRORS = 0.03
"""Measured: 0.3 to 0.5 %, and 1.4 % with a pause of 0.4 s in each line. espeak-ng never says a line the
same way twice, so the figures differ a little from run to run."""


@pytest.mark.parametrize("voice", GROQ_VOICES)
async def test_each_voice_speaks_wav_at_24_khz_with_a_right_header(groq: AsyncGroq, voice: str) -> None:
    spoken = await speak(groq, voice=voice, input="[cheerful] You are welcome.")
    with wave.open(io.BytesIO(spoken)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (24_000, 1, 2)
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
    assert len(spoken) == 44 + 2 * len(samples)
    assert 0.7 < len(samples) / 24_000 < 2
    assert 1_000 < loudness(samples) < 4_000


async def test_roles_speak_at_the_pace_of_their_script(script: Script) -> None:
    lengths = []
    for pace in (1.0, 1.25):
        async with (
            standin(script.model_copy(update={"pace": pace})) as server,
            AsyncGroq(api_key=server.key, base_url=server.url) as groq,
        ):
            lengths.append(len(await speak(groq, input="You are welcome. Is there anything else?")))
    assert 1.15 < lengths[0] / lengths[1] < 1.35


def loudness(samples: Samples) -> float:
    return float(np.sqrt(np.mean(samples.astype(np.float64) ** 2)))


async def test_a_line_is_heard_with_its_probabilities(groq: AsyncGroq) -> None:
    spoken = synthesize("I was charged twice for my last invoice", CALLER)
    heard = await hear(groq, spoken.samples, language="en")
    assert heard.text == " I was charged twice for my last invoice."
    assert heard.segments[0]["no_speech_prob"] < 0.1
    assert heard.segments[0]["avg_logprob"] > -0.5
    assert heard.duration == pytest.approx(spoken.duration_s, abs=0.02)


async def test_what_was_said_up_to_a_pause_is_heard(groq: AsyncGroq) -> None:
    heard = await hear(groq, synthesize("I was charged twice", CALLER).samples)
    assert heard.text == " I was charged twice."


async def test_silence_and_noise_are_heard_as_thank_you_with_high_no_speech_prob(groq: AsyncGroq) -> None:
    noise = np.random.default_rng(1).normal(0, 1_500, 24_000).astype(np.int16)
    for samples in (silence(1.0).samples, noise):
        heard = await hear(groq, samples)
        assert heard.text == " Thank you."
        assert heard.segments[0]["no_speech_prob"] > 0.9


@pytest.mark.parametrize("rate", [16_000, 24_000, 48_000])
async def test_audio_of_any_rate_is_heard(groq: AsyncGroq, rate: int) -> None:
    spoken = synthesize("thank you goodbye", CALLER, sample_rate=rate)
    assert (await hear(groq, spoken.samples, rate)).text == " Thank you goodbye."


@pytest.mark.parametrize("path", sorted(SCRIPTS.glob("*.yaml")), ids=lambda path: path.stem)
async def test_every_line_of_every_script_is_understood(path: Path) -> None:
    script = load_script(path)
    recognizer = Recognizer(script, language_of(script))
    lines = sorted({" ".join(words_of(line)) for line in script.heard_lines()})
    errors = total = 0
    voices = {CALLER, at_speed(CALLER, script.pace)}
    for line, voice in product(lines, voices):
        spoken = synthesize(line, voice, sample_rate=SAMPLE_RATE)
        errors += word_errors(line, (await recognizer.recognize(spoken.samples)).words)
        total += len(line.split())
    assert total > 0
    assert errors <= max(2, ALLOWED_WORD_ERRORS * total), f"{errors} of {total} words"


async def test_lines_are_understood_with_a_pause_in_them(script: Script) -> None:
    recognizer = Recognizer(script, language_of(script))
    errors = total = 0
    for line in sorted(set(script.heard_lines())):
        words = words_of(line)
        halves = (" ".join(words[: len(words) // 2]), " ".join(words[len(words) // 2 :]))
        spoken = say_line([half for half in halves if half], pause_s=0.4, sample_rate=SAMPLE_RATE)
        errors += word_errors(" ".join(words), (await recognizer.recognize(spoken.samples)).words)
        total += len(words)
    # A pause costs a little: measured 1.4 %, over enough lines that chance does not decide.
    assert total > 100
    assert errors <= 2 * ALLOWED_WORD_ERRORS * total, f"{errors} of {total} words"


def word_errors(expected: str, heard: str) -> int:
    """Return how many words must be inserted, deleted or changed (Levenshtein)."""
    wanted, got = expected.split(), heard.split()
    row = list(range(len(got) + 1))
    for place, word in enumerate(wanted, 1):
        before, row[0] = row[0], place
        for column, other in enumerate(got, 1):
            change = before + (word != other)
            before, row[column] = row[column], min(row[column] + 1, row[column - 1] + 1, change)
    return row[-1]


def test_a_line_in_parts_has_the_pause_in_it() -> None:
    whole = say_line(["thank you", "goodbye"], pause_s=1.0)
    parts = [synthesize(text, CALLER).duration_s for text in ("thank you", "goodbye")]
    assert whole.duration_s == pytest.approx(sum(parts) + 1.0, abs=0.1)
