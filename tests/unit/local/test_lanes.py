"""Measurements on lanes of sound."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.caller.tape import Samples
from local.measure.lanes import (
    Span,
    greeting_ms,
    longest_silence,
    merge,
    reply_times_ms,
    seam_ms,
    spans,
)

RATE_HZ = 24_000


def tone(*sounds: Span, until_ms: int, level: float = 3000) -> Samples:
    samples = np.zeros(RATE_HZ * until_ms // 1000, np.int16)
    wave = (level * np.sin(2 * np.pi * 400 * np.arange(len(samples)) / RATE_HZ)).astype(np.int16)
    for sound in sounds:
        at = slice(RATE_HZ * sound.start_ms // 1000, RATE_HZ * sound.end_ms // 1000)
        samples[at] = wave[at]
    return samples


def test_sounds_are_found_to_10_ms() -> None:
    sounds = (Span(500, 1200), Span(2000, 2410))
    assert spans(tone(*sounds, until_ms=3000), RATE_HZ) == sounds


def test_a_short_pause_does_not_end_a_sound() -> None:
    samples = tone(Span(500, 800), Span(1000, 1300), until_ms=2000)
    assert spans(samples, RATE_HZ) == (Span(500, 1300),)
    assert spans(samples, RATE_HZ, join_ms=0) == (Span(500, 800), Span(1000, 1300))


def test_codec_noise_is_not_sound() -> None:
    noise = np.random.default_rng(1).normal(0, 20, RATE_HZ).astype(np.int16)
    assert spans(noise, RATE_HZ) == ()


def test_sound_at_the_edges_counts() -> None:
    assert spans(tone(Span(0, 1000), until_ms=1000), RATE_HZ) == (Span(0, 1000),)
    assert spans(np.zeros(0, np.int16), RATE_HZ) == ()


def test_a_reply_time_runs_from_the_callers_last_sound_to_an_agents_first() -> None:
    caller = [Span(1000, 2000), Span(6000, 7000)]
    agents = [Span(0, 800), Span(2600, 4000), Span(7450, 9000)]
    assert reply_times_ms(caller, agents) == (600, 450)


def test_a_pause_of_the_caller_has_no_reply_time() -> None:
    assert reply_times_ms([Span(0, 1000), Span(1400, 2000)], [Span(2700, 3000)]) == (700,)


def test_a_sentence_that_the_agent_talks_over_has_no_reply_time() -> None:
    assert reply_times_ms([Span(0, 1000)], [Span(900, 2000), Span(5000, 6000)]) == ()


def test_a_goodbye_without_a_reply_has_no_reply_time() -> None:
    assert reply_times_ms([Span(0, 1000)], [Span(-500, -100)]) == ()


@pytest.mark.parametrize(
    ("new", "expected"), [([Span(1300, 2000)], 300), ([Span(900, 2000)], -100), ([], None)]
)
def test_the_seam_is_from_the_old_holders_last_sound_to_the_new_ones_first(
    new: list[Span], expected: int | None
) -> None:
    assert seam_ms([Span(0, 500), Span(600, 1000)], new) == expected


def test_silence_is_when_no_lane_sounds() -> None:
    caller, agent, music = [Span(1000, 2000)], [Span(2500, 3000)], [Span(2900, 5000)]
    assert longest_silence([caller, agent, music], since_ms=1000, until_ms=5200) == Span(2000, 2500)
    assert longest_silence([caller, agent], since_ms=1000, until_ms=5200) == Span(3000, 5200)


def test_silence_is_searched_only_between_the_two_times() -> None:
    lane = [Span(1000, 2000), Span(2300, 3000), Span(9000, 9500)]
    assert longest_silence([lane], since_ms=1500, until_ms=3400) == Span(3000, 3400)
    assert longest_silence([], since_ms=100, until_ms=900) == Span(100, 900)


def test_the_greeting_is_the_first_sound_of_an_agent() -> None:
    assert greeting_ms([Span(1240, 3000), Span(4000, 4100)]) == 1240
    assert greeting_ms([]) is None


SPANS = st.lists(
    st.tuples(st.integers(0, 5000), st.integers(1, 900)).map(lambda t: Span(t[0], t[0] + t[1])), max_size=12
)


@given(SPANS, st.integers(0, 400))
def test_merged_spans_are_apart_and_lose_no_sound(sounds: list[Span], join_ms: int) -> None:
    merged = merge(sounds, join_ms=join_ms)
    assert all(b.start_ms - a.end_ms > join_ms for a, b in pairwise(merged))
    assert all(any(m.start_ms <= s.start_ms and s.end_ms <= m.end_ms for m in merged) for s in sounds)


@given(SPANS)
def test_no_sound_lies_in_the_longest_silence(sounds: list[Span]) -> None:
    silent = longest_silence([sounds], since_ms=0, until_ms=6000)
    assert all(s.end_ms <= silent.start_ms or s.start_ms >= silent.end_ms for s in sounds)
