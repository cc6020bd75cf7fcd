"""The recognition that knows a script's lines by their sound."""

from __future__ import annotations

import numpy as np
import pytest

from agents.audio.espeak import SpokenVoice
from bench.turns.voices import VOICES, Voice, bursts, pink_noise
from errors import BadInput
from local.caller.tape import RATE_HZ, Samples
from local.groq_standin.script import parse_script
from local.groq_standin.speech.known_lines import SAMPLE_RATE
from local.groq_standin.speech.recognition import Recognizer
from local.groq_standin.speech.synthesis import breath_noise, with_tone
from local.groq_standin.speech.written_words import as_whisper_writes
from local.speech import resample, synthesize

LINES = (
    ["my number is four seven one", "nine two three five"],
    ["stop please wait"],
    ["wait"],
    ["no"],
    ["how much does the contract cost"],
)


@pytest.fixture(scope="module")
def ears() -> Recognizer:
    return Recognizer(
        parse_script(
            {
                "hears": "lines",
                "voices": {
                    voice.name: {
                        "name": voice.spoken.name,
                        "words_per_minute": voice.spoken.words_per_minute,
                        "pitch": voice.spoken.pitch,
                        "pitch_range": voice.spoken.pitch_range,
                    }
                    for voice in VOICES
                },
                "callers": {
                    "all": [{"say": line, "voice": voice.name} for voice in VOICES for line in LINES]
                },
            }
        ),
        None,
    )


def in_its_noise(samples: Samples, noise: Samples | None) -> Samples:
    quiet = np.zeros(RATE_HZ // 4, np.int16)
    whole = np.concatenate([quiet, samples, quiet]).astype(np.int32)
    if noise is not None:
        whole += np.resize(noise, len(whole))
    return resample(np.clip(whole, -(2**15), 2**15 - 1).astype(np.int16), RATE_HZ, SAMPLE_RATE)


@pytest.mark.parametrize("voice", VOICES, ids=lambda voice: voice.name)
async def test_every_voice_is_understood_by_telephone_and_in_noise(ears: Recognizer, voice: Voice) -> None:
    for line in LINES:
        heard = await ears.recognize(in_its_noise(voice.say(tuple(line), 0.7), voice.noise()))
        assert heard.words == as_whisper_writes(" ".join(line))
        assert heard.no_speech_prob < 0.1


async def test_a_line_that_is_cut_anywhere_is_heard_up_to_there(ears: Recognizer) -> None:
    spoken = synthesize("how much does the contract cost", VOICES[0].spoken, sample_rate=SAMPLE_RATE).samples
    words = ["how", "much", "does", "the", "contract", "cost"]
    for cut_s in (0.4, 0.8, 1.2):
        cut = round(cut_s * SAMPLE_RATE)
        before = (await ears.recognize(spoken[:cut])).words.split()
        after = (await ears.recognize(spoken[cut:])).words.split()
        assert before == words[: len(before)]
        assert after == words[len(words) - len(after) :]
        assert len(words) - 1 <= len(before) + len(after) <= len(words) + 1


async def test_what_nobody_of_the_script_says_has_no_words(ears: Recognizer) -> None:
    stranger = synthesize("the weather in the valley", SpokenVoice("en-us+m7", 190), sample_rate=SAMPLE_RATE)
    sounds = (
        np.zeros(SAMPLE_RATE, np.int16),
        stranger.samples,
        resample(bursts(2), RATE_HZ, SAMPLE_RATE),
        resample(pink_noise(2, 1_500), RATE_HZ, SAMPLE_RATE),
    )
    for samples in sounds:
        heard = await ears.recognize(samples)
        assert (heard.text, heard.no_speech_prob > 0.9) == (" Thank you.", True)


@pytest.mark.parametrize(
    ("spoken", "written"),
    [
        ("my number is four seven one", "my number is 471"),
        ("I live at forty two maple street", "I live at 42 maple street"),
        ("twelve oak road", "12 oak road"),
        ("it is oh seven seven", "it is 077"),
        ("my name is m i l", "my name is M-I-L"),
        ("one moment please", "one moment please"),
        ("I am a caller", "I am a caller"),
    ],
)
def test_numbers_and_spellings_are_written_as_whisper_writes_them(spoken: str, written: str) -> None:
    assert as_whisper_writes(spoken) == written


def test_a_tone_under_a_voice_is_found_in_a_recording_of_it() -> None:
    speech = np.random.default_rng(1).normal(scale=1_000, size=24_000).astype(np.int16)
    spectrum = np.abs(np.fft.rfft(with_tone(speech, 3_000, 24_000)))
    assert spectrum.argmax() == 3_000
    assert spectrum[3_000] * 2 / 24_000 == pytest.approx(8_000, rel=0.05)


def test_breath_noise_is_as_loud_as_orpheus_breathes() -> None:
    breath = breath_noise(0.5, 24_000).astype(np.float64) / 2**15
    assert len(breath) == 12_000
    assert 0.0015 < np.sqrt(np.mean(breath[:2_400] ** 2)) < 0.0035
    assert 0.004 < np.sqrt(np.mean(breath[-2_400:] ** 2)) < 0.0065


async def test_a_line_without_words_or_in_other_letters_is_left_to_the_recognizer() -> None:
    ears = Recognizer(
        parse_script({"hears": "lines", "callers": {"all": [{"say": "..."}, {"say": "可以"}]}}), None
    )
    assert not (
        await ears.recognize(synthesize("可以", VOICES[0].spoken, sample_rate=SAMPLE_RATE).samples)
    ).words


def test_digits_in_a_line_that_has_to_be_known_are_refused() -> None:
    with pytest.raises(BadInput, match="write numbers in words"):
        parse_script({"hears": "lines", "callers": {"all": [{"say": "my number is 471"}]}})
