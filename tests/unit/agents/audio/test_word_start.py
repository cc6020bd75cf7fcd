"""Where the word begins in which speech was cut off, and the best place to cut speech off."""

from __future__ import annotations

import numpy as np
import pytest

from agents.audio.word_start import softest, word_start

RATE = 24_000


def speech(*parts_s: float) -> np.ndarray:
    """Return tone and silence in turn, with these lengths."""
    pieces = [
        (np.sin(np.arange(round(RATE * length)) / 9) * (8_000 if number % 2 == 0 else 40)).astype(np.int16)
        for number, length in enumerate(parts_s)
    ]
    return np.concatenate(pieces)


def at(samples: np.ndarray, place_s: float) -> float:
    return word_start(samples, RATE, round(place_s * RATE)) / RATE


def test_it_is_the_first_sound_after_the_last_gap() -> None:
    samples = speech(0.5, 0.1, 0.4, 0.1, 0.5)
    assert at(samples, 1.3) == pytest.approx(1.1, abs=0.02)
    assert at(samples, 0.9) == pytest.approx(0.6, abs=0.02)


def test_a_cut_between_two_words_goes_on_there() -> None:
    assert at(speech(0.5, 0.2, 0.4), 0.62) == pytest.approx(0.62, abs=0.02)


def test_a_click_of_silence_within_a_word_is_no_beginning() -> None:
    assert at(speech(0.5, 0.1, 0.2, 0.015, 0.2), 0.95) == pytest.approx(0.6, abs=0.02)


def test_speech_that_has_just_begun_begins_again() -> None:
    assert at(speech(1.0), 0.3) == 0.0
    assert at(speech(1.0), 0.0) == 0.0


def test_without_a_gap_no_more_than_half_a_second_is_said_again() -> None:
    assert 1.45 <= at(speech(3.0), 2.0) <= 2.0


def test_speech_is_cut_off_between_two_words_where_it_can_be() -> None:
    assert softest(speech(0.2, 0.1, 0.2), RATE) / RATE == pytest.approx(0.2, abs=0.02)
    assert softest(speech(0.2, 0.0, 0.0, 0.1), RATE) / RATE == pytest.approx(0.2, abs=0.02)


def test_a_word_without_an_end_in_sight_is_cut_off_where_it_is_softest() -> None:
    loud = speech(0.4)
    loud[2_400:2_640] //= 3
    assert softest(loud, RATE) == 2_400
    assert softest(loud[:100], RATE) == 100, "nothing of it is left to be heard"
