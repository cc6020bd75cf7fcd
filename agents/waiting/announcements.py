"""Decides what a caller in line hears, and when. Pure: the time is passed in."""

from __future__ import annotations

from agents.roster.shared_prompts import HouseLines
from agents.roster.waiting_lines import place_line

_NOT_SOONER_S = 8.0
"""A place that changes quickly is not announced each time: the line itself takes 2 to 3 s."""


class Announcements:
    """One caller's: a greeting at once; the place when it is known, when it changes, and after a while."""

    def __init__(self, lines: HouseLines, *, again_s: float) -> None:
        """`again_s`: seconds after which a caller whose place has not changed hears it again."""
        self._lines, self._again_s = lines, again_s
        self._told: str | None = None
        self._told_at = 0.0

    def greeting(self) -> str:
        return self._lines.waiting

    def due(self, place: int, now: float) -> tuple[str, ...]:
        """Return the lines to say now, if any. `now`: seconds, of any steady clock."""
        line = place_line(self._lines, place)
        first, changed = self._told is None, line != self._told
        if not first and now - self._told_at < (_NOT_SOONER_S if changed else self._again_s):
            return ()
        self._told, self._told_at = line, now
        return (line,) if changed else (self._lines.still_waiting, line)
