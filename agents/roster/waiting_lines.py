"""The lines for callers in line, with the places and the expected waits filled in."""

from __future__ import annotations

import math
from collections.abc import Iterator

from agents.roster.checked import fill
from agents.roster.shared_prompts import HouseLines

PLACES = 9
"""Places that have a line of their own. Callers further back hear that more than this many are ahead."""

_SINGLE_MINUTES, _STEP, _LONGEST_MINUTES = 10, 5, 30


def place_line(lines: HouseLines, place: int) -> str:
    """Return the words for a place in line, counted from 1."""
    if place <= 1:
        return lines.waiting_next
    if place <= PLACES:
        return fill(lines.waiting_place, place=str(place))
    return fill(lines.waiting_far, places=str(PLACES))


def spoken_minutes(wait_ms: int) -> int:
    """Return an expected wait in minutes to say: rounded up, so that nobody is promised a shorter wait.

    Whole minutes up to ten, then steps of five.
    """
    minutes = max(1, math.ceil(wait_ms / 60_000))
    return minutes if minutes <= _SINGLE_MINUTES else _STEP * math.ceil(minutes / _STEP)


def wait_line(lines: HouseLines, minutes: int) -> str:
    """Return the line for an expected wait of so many minutes, as `spoken_minutes` gives them."""
    if minutes <= 1:
        return lines.wait_minute
    if minutes <= _LONGEST_MINUTES:
        return fill(lines.wait_minutes, minutes=str(minutes))
    return fill(lines.wait_long, minutes=str(_LONGEST_MINUTES))


def queue_lines(lines: HouseLines) -> Iterator[str]:
    """Yield all lines about a caller's wait for a person, in the order in which callers need them."""
    for place in range(1, PLACES + 2):
        yield place_line(lines, place)
    minutes = 0
    while minutes <= _LONGEST_MINUTES:
        minutes = spoken_minutes(60_000 * (minutes + 1))
        yield wait_line(lines, minutes)


def every_line(lines: HouseLines) -> Iterator[str]:
    """Yield all lines that a waiting room may say, in the order in which callers need them."""
    yield lines.waiting
    for place in range(1, PLACES + 2):
        yield place_line(lines, place)
    yield lines.still_waiting
    yield lines.goodbye
    yield lines.too_long_goodbye
    yield lines.failed_goodbye
