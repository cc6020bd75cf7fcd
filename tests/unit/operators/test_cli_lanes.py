"""The drawing of who spoke when."""

from __future__ import annotations

import pytest

from operators.cli.story.lanes import Lane, Span, axis, lanes, marked
from persistence.records import CALLER, CallId, Turn

SPAN = Span(start=1_000, end=11_000, cells=10)


def said(speaker: str, started_at: int, ended_at: int) -> Turn:
    return Turn(CallId("call-1"), 1, speaker, "words", started_at, ended_at)


def test_each_speaker_has_a_lane_in_the_order_of_first_words() -> None:
    turns = [said("front-desk", 1_000, 3_000), said(CALLER, 4_000, 6_000), said("front-desk", 7_000, 9_000)]
    assert lanes(turns, SPAN) == [Lane("front-desk", "██····██··"), Lane(CALLER, "···██·····")]


@pytest.mark.parametrize(
    ("started_at", "ended_at", "drawn"),
    [
        (4_000, 4_001, "···█······"),  # however short
        (4_000, 4_000, "···█······"),  # of no length
        (4_000, 3_000, "···█······"),  # a clock that was set back
        (0, 2_000, "█·········"),  # begins before the span
        (10_500, 90_000, "·········█"),  # ends after the span
    ],
)
def test_a_turn_is_seen_wherever_it_lies(started_at: int, ended_at: int, drawn: str) -> None:
    assert [lane.cells for lane in lanes([said(CALLER, started_at, ended_at)], SPAN)] == [drawn]


def test_turns_outside_the_span_are_not_drawn() -> None:
    assert lanes([said(CALLER, 0, 900), said(CALLER, 12_000, 13_000)], SPAN) == []


def test_marks_that_fall_together_stand_side_by_side() -> None:
    assert marked([("a", 2_000), ("b", 2_001), ("c", 2_002), ("d", 5_000)], SPAN) == " abcd"


def test_marks_at_the_end_stand_before_it() -> None:
    assert marked([("a", 11_000), ("b", 11_000)], SPAN) == "        ba"


def test_more_marks_than_cells_are_left_out() -> None:
    assert marked([(letter, 1_000) for letter in "abcdefghijkl"], SPAN) == "abcdefghij"


def test_the_axis_tells_minutes_and_seconds_after_zero() -> None:
    drawn = axis(Span(start=0, end=120_000, cells=30), zero=30_000)
    assert drawn.split() == ["-0:30", "0:30", "1:30"]
    assert len(drawn) == 30


def test_a_span_of_no_length_is_drawn() -> None:
    span = Span(start=5, end=5, cells=4)
    assert [lane.cells for lane in lanes([said(CALLER, 5, 5)], span)] == ["█···"]
    assert marked([("a", 5)], span) == "a"
