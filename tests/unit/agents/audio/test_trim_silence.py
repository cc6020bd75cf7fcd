"""Trimming: both ends go, the middle stays, whatever the chunk boundaries."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from agents.audio.trim_silence import LEAD_S, TAIL_S, Samples, Trimmer, trim

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
