"""What a caller in line is told, and when."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.roster.roster import load_roster
from agents.roster.shared_prompts import HouseLines
from agents.roster.waiting_lines import every_line, place_line, queue_lines, spoken_minutes, wait_line
from agents.waiting.announcements import Announcements

AGAIN_S = 30.0


@pytest.fixture(scope="module")
def lines() -> HouseLines:
    voices = ["autumn", "diana", "hannah", "austin", "daniel", "troy"]
    return load_roster(Path("roster"), voices=voices).house.lines


def test_the_place_is_told_once_it_is_known_and_when_it_changes(lines: HouseLines) -> None:
    told = Announcements(lines, again_s=AGAIN_S)
    assert told.due(2, 0.0) == ("You are number 2 in line.",)
    assert told.due(2, 10.0) == ()
    assert told.due(1, 20.0) == ("You are next in line.",)


def test_a_place_that_does_not_change_is_told_again_after_a_while(lines: HouseLines) -> None:
    told = Announcements(lines, again_s=AGAIN_S)
    told.due(3, 0.0)
    assert told.due(3, 29.0) == ()
    assert told.due(3, 31.0) == (lines.still_waiting, "You are number 3 in line.")
    assert told.due(3, 40.0) == ()


def test_a_line_that_moves_quickly_is_not_told_at_each_step(lines: HouseLines) -> None:
    told = Announcements(lines, again_s=AGAIN_S)
    told.due(5, 0.0)
    assert told.due(4, 1.0) == ()
    assert told.due(3, 9.0) == ("You are number 3 in line.",)


def test_far_back_the_caller_is_told_that_many_are_ahead_and_every_line_is_prepared(
    lines: HouseLines,
) -> None:
    assert place_line(lines, 10) == place_line(lines, 500) == "There are more than 9 callers ahead of you."
    assert {place_line(lines, place) for place in range(1, 50)} <= set(every_line(lines))


def test_nobody_is_told_of_a_shorter_wait_than_is_expected_and_every_wait_is_prepared(
    lines: HouseLines,
) -> None:
    seconds = (1, 60, 61, 200, 600, 601, 899, 1_500, 1_801, 9_000)
    assert [spoken_minutes(1000 * wait) for wait in seconds] == [1, 1, 2, 4, 10, 15, 15, 25, 35, 150]
    assert wait_line(lines, spoken_minutes(200_000)) == "It should take about 4 minutes."
    assert wait_line(lines, spoken_minutes(9_000_000)) == "It will take more than 30 minutes."
    assert {wait_line(lines, spoken_minutes(1000 * wait)) for wait in range(1, 9_000)} <= set(
        queue_lines(lines)
    )
