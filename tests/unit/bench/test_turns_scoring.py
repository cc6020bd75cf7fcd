"""What the turns benchmark concludes from an agent's sounds."""

from __future__ import annotations

import pytest

from bench.turns.scoring import (
    answered_after_ms,
    cut_into,
    holds,
    nods_gone_on,
    overlap_ms,
    stopped_after_ms,
)
from local.measure.lanes import Span

READ = [Span(0, 5_000), Span(5_100, 10_000), Span(10_050, 14_000)]
"""An undisturbed reading of 14 s, whose longest gap is 100 ms."""


def later(sounds: list[Span], by_ms: int) -> list[Span]:
    return [Span(sound.start_ms + by_ms, sound.end_ms + by_ms) for sound in sounds]


def test_a_nod_that_changes_nothing_has_gone_on() -> None:
    assert nods_gone_on([Span(4_000, 4_400), Span(7_000, 7_300)], later(READ, 50), READ) == [True, True]


def test_a_short_hesitation_after_a_nod_is_no_stop() -> None:
    reading = [Span(0, 4_500), Span(4_850, 14_300)]
    assert nods_gone_on([Span(4_000, 4_400)], reading, READ) == [True]


def test_a_gap_after_one_nod_is_not_the_other_nods_doing() -> None:
    reading = [Span(0, 4_500), Span(5_500, 15_000)]
    assert nods_gone_on([Span(4_000, 4_400), Span(9_000, 9_300)], reading, READ) == [False, True]


def test_a_reading_that_ends_at_the_nod_and_is_answered_has_not_gone_on() -> None:
    reading = [Span(0, 4_500), Span(5_900, 7_500)]
    assert nods_gone_on([Span(4_000, 4_400)], reading, READ) == [False]


@pytest.mark.parametrize("reading", [[Span(0, 4_500)], [*READ, Span(14_900, 16_900)]])
def test_a_reading_that_is_not_finished_or_has_an_answer_after_it_has_not_gone_on(
    reading: list[Span],
) -> None:
    assert nods_gone_on([Span(4_000, 4_400)], reading, READ) == [False]


def test_an_interruption_is_timed_from_its_first_sound_to_the_agents_last() -> None:
    reading = [Span(0, 5_000), Span(5_100, 5_620), Span(6_500, 8_000)]
    assert stopped_after_ms(Span(5_000, 5_800), reading, READ) == 620


def test_a_reading_that_ends_at_the_interruption_has_stopped() -> None:
    assert stopped_after_ms(Span(4_000, 4_500), [Span(0, 4_450)], READ) == 450


def test_an_agent_that_pauses_and_reads_on_has_not_stopped() -> None:
    assert stopped_after_ms(Span(4_000, 4_500), [Span(0, 4_450), Span(5_400, 15_000)], READ) is None


def test_an_agent_that_reads_to_the_end_has_not_stopped() -> None:
    assert stopped_after_ms(Span(4_000, 4_500), READ, READ) is None


def test_a_voice_that_begins_in_the_pause_cuts_in_and_one_that_begins_afterwards_answers() -> None:
    said = Span(1_000, 4_000)
    assert cut_into(said, [Span(2_500, 3_000)])
    assert not cut_into(said, [Span(0, 900), Span(4_500, 5_000)])
    assert answered_after_ms(said, [Span(0, 900), Span(4_500, 5_000)]) == 500
    assert answered_after_ms(said, [Span(3_900, 5_000)]) is None
    assert answered_after_ms(said, []) is None


def test_two_voices_overlap_for_as_long_as_both_sound() -> None:
    assert overlap_ms([Span(0, 1_000), Span(1_200, 2_000)], [Span(900, 1_300)]) == 200
    assert overlap_ms([Span(0, 1_000)], [Span(1_000, 1_300)]) == 0


@pytest.mark.parametrize(
    ("heard", "said"),
    [
        ("My number is 4719235.", "my number is four seven one nine two three five"),
        ("My number is 471. 9235.", "my number is four seven one nine two three five"),
        ("My number is 471, nine two three five", "my number is four seven one nine two three five"),
        ("It is M-I-L-L-E-R.", "it is m i l l e r"),
        ("It is M-I-L. L-E-R.", "it is m i l l e r"),
        ("I live at 42 Maple Street.", "I live at forty two maple street"),
        ("It is 12 Oak Road", "it is twelve oak road"),
    ],
)
def test_what_was_said_is_found_however_it_is_written(heard: str, said: str) -> None:
    assert holds(heard, said)


@pytest.mark.parametrize("heard", ["9235.", "My number is 471.", "My number is 471 and 9235"])
def test_a_part_is_not_the_whole(heard: str) -> None:
    assert not holds(heard, "my number is four seven one nine two three five")
