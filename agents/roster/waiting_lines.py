"""The lines for callers in line, with the places filled in."""

from __future__ import annotations

from collections.abc import Iterator

from agents.roster.checked import fill
from agents.roster.shared_prompts import HouseLines

PLACES = 9
"""Places that have a line of their own. Whoever is further back is told that so many are ahead."""


def place_line(lines: HouseLines, place: int) -> str:
    """The line for a place in line, counted from 1."""
    if place <= 1:
        return lines.waiting_next
    if place <= PLACES:
        return fill(lines.waiting_place, place=str(place))
    return fill(lines.waiting_far, places=str(PLACES))


def every_line(lines: HouseLines) -> Iterator[str]:
    """All that a waiting room may say, in the order in which callers need it."""
    yield lines.waiting
    for place in range(1, PLACES + 2):
        yield place_line(lines, place)
    yield lines.still_waiting
    yield lines.goodbye
    yield lines.too_long_goodbye
    yield lines.failed_goodbye
