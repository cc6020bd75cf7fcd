"""Trimming removes the silence at both ends and keeps the middle, wherever the chunks are cut."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.audio.trim_silence import (
    LEAD_S,
    SOFT_LEAD_S,
    TAIL_S,
    Samples,
    Trimmer,
    soft_start_s,
    trim,
)
from local.speech import GROQ_VOICES, synthesize

RATE = 24_000


def tone(seconds: float) -> Samples:
    return np.full(round(seconds * RATE), 3_000, np.int16)


def hush(seconds: float) -> Samples:
    return np.full(round(seconds * RATE), 20, np.int16)


def test_both_ends_are_trimmed_and_the_pause_in_the_middle_stays() -> None:
    line = np.concatenate([hush(0.4), tone(0.5), hush(0.3), tone(0.2), hush(1.0)])
    trimmed = trim(line, RATE)
    assert len(trimmed) == round((LEAD_S + 0.5 + 0.3 + 0.2 + TAIL_S) * RATE)


def test_pure_silence_becomes_empty() -> None:
    assert len(trim(hush(2.0), RATE)) == 0


def test_the_loudest_possible_sample_is_loud() -> None:
    assert len(trim(np.array([-32_768], np.int16), RATE)) == 1


def test_audio_shorter_than_the_kept_margins_stays_whole() -> None:
    assert len(trim(np.concatenate([hush(0.01), tone(0.1), hush(0.01)]), RATE)) == round(0.12 * RATE)


@given(st.lists(st.sampled_from([0, 100, -100, 161, -3_000, 32_767]), max_size=400), st.integers(1, 50))
def test_chunk_boundaries_do_not_matter(values: list[int], size: int) -> None:
    samples = np.array(values, np.int16)
    trimmer = Trimmer(1_000)
    bits = [trimmer.push(samples[at : at + size]) for at in range(0, len(samples), size)]
    assert np.concatenate([*bits, trimmer.finish()]).tolist() == trim(samples, 1_000).tolist()


BREATHS = [0.0017, 0.003, 0.006]
"""RMS, as shares of full scale (canopyai/Orpheus-TTS#299)."""
SOFT_BEGINNINGS = [
    "Hello, this is billing.",
    "Four things.",
    "She is here.",
    "Thank you.",
    "Sure.",
    "I am here.",
]


def breath(seconds: float, loudness: float) -> Samples:
    """Return noise that swells and fades like a breath."""
    noise = np.random.default_rng(7).normal(size=round(seconds * RATE))
    swell = 0.6 + 0.4 * np.sin(np.linspace(0, np.pi, len(noise)))
    shaped = np.convolve(noise * swell, np.ones(4) / 4, "same")
    exact: Samples = (shaped / np.sqrt(np.mean(shaped**2)) * loudness * 32_768).astype(np.int16)
    return exact


def speech(text: str) -> Samples:
    """Return the text as espeak speaks it, without the silence at both ends."""
    return trim(synthesize(text, GROQ_VOICES["hannah"]).samples, RATE)


@pytest.mark.parametrize("loudness", BREATHS)
@pytest.mark.parametrize("text", SOFT_BEGINNINGS)
def test_the_breath_goes_and_every_sample_of_the_first_word_stays(text: str, loudness: float) -> None:
    words = speech(text)
    trimmed = trim(np.concatenate([breath(0.5, loudness), words]), RATE)
    assert len(words) <= len(trimmed) <= len(words) + SOFT_LEAD_S * RATE
    assert trimmed[-len(words) :].tolist() == words.tolist()


@pytest.mark.parametrize("text", SOFT_BEGINNINGS)
def test_clean_speech_is_not_cut(text: str) -> None:
    words = speech(text)
    assert trim(words, RATE).tolist() == words.tolist()


@pytest.mark.parametrize("text", SOFT_BEGINNINGS)
def test_a_voice_of_a_quarter_of_the_loudness_is_not_cut(text: str) -> None:
    quiet: Samples = (speech(text) // 4).astype(np.int16)
    first = int(np.flatnonzero(np.abs(quiet) > 160)[0])
    assert len(trim(quiet, RATE, tail_s=1.0)) >= len(quiet) - first


def test_what_stays_as_soft_as_breath_is_kept_whole() -> None:
    soft = breath(2.0, 0.006)
    sounds = np.flatnonzero(np.abs(soft) > 160)
    assert len(trim(soft, RATE, lead_s=0, tail_s=0)) == sounds[-1] - sounds[0] + 1


@pytest.mark.parametrize("size", [1, 37, 240, 2_400])
def test_chunk_boundaries_do_not_matter_to_a_breath(size: int) -> None:
    line = np.concatenate([breath(0.1, 0.006), tone(0.1), hush(0.05)])
    trimmer = Trimmer(RATE)
    bits = [trimmer.push(line[at : at + size]) for at in range(0, len(line), size)]
    assert np.concatenate([*bits, trimmer.finish()]).tolist() == trim(line, RATE).tolist()


def test_a_soft_start_is_measured_up_to_what_a_breath_may_leave() -> None:
    assert soft_start_s(tone(0.5), RATE) == 0
    assert soft_start_s(np.concatenate([breath(0.1, 0.006), tone(0.5)]), RATE) == pytest.approx(0.1)
    assert soft_start_s(breath(1.0, 0.006), RATE) == LEAD_S + SOFT_LEAD_S
    assert soft_start_s(hush(0), RATE) == 0
