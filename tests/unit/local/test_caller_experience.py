from __future__ import annotations

from local.measure.caller_experience import longest_wait, talking_at_once
from local.measure.lanes import Span

GREETING = Span(1_000, 3_000)
QUESTION = Span(6_000, 8_000)
ANSWER = Span(9_100, 12_000)


def test_waiting_for_a_reply_counts_and_the_callers_own_pause_does_not() -> None:
    assert longest_wait([QUESTION], [GREETING, ANSWER]) == Span(8_000, 9_100)


def test_silence_between_two_sounds_of_agents_counts_and_music_ends_it() -> None:
    assert longest_wait([], [GREETING, ANSWER]) == Span(3_000, 9_100)
    assert longest_wait([], [GREETING, ANSWER], [Span(4_000, 9_000)]) == Span(3_000, 4_000)


def test_caller_who_asks_again_has_waited() -> None:
    assert longest_wait([QUESTION, Span(13_000, 14_000)], [GREETING]) == Span(8_000, 13_000)


def test_silence_before_the_fault_and_before_the_first_voice_is_not_counted() -> None:
    assert longest_wait([], [GREETING, ANSWER], since_ms=8_500) == Span(8_500, 9_100)
    assert longest_wait([Span(0, 100)], [GREETING]) == Span(0, 0)


def test_a_sound_within_another_starts_no_silence() -> None:
    assert longest_wait([Span(1_500, 1_800)], [GREETING, Span(3_500, 4_000)]) == Span(3_000, 3_500)


def test_call_without_voices_has_no_wait() -> None:
    assert longest_wait([QUESTION], [], since_ms=70) == Span(70, 70)


def test_overlapping_voices_are_found_and_touching_ones_are_not() -> None:
    first, second = [Span(0, 1_000), Span(2_000, 3_000)], [Span(920, 1_500), Span(2_500, 4_000)]
    assert talking_at_once({"a": first, "b": second}) == [Span(2_500, 3_000)]
    assert talking_at_once({"a": first}) == []
