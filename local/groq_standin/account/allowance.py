"""One limit of one model, as Groq counts it: a bucket that drains evenly over its window. Pure.

Groq does not document how it counts. Refusals that users posted agree to the millisecond on
`wait = (used + requested - limit) / limit * window`, for tokens of a minute (11.455s), tokens of a day
(9m38.016s) and audio of an hour (3m29.5s) alike; "2s" after 30 requests of 30 a minute is the same rule.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

MINUTE_S, HOUR_S, DAY_S = 60.0, 3_600.0, 86_400.0
_TOLERANCE = 1e-6  # of the limit: waiting exactly as long as Groq said must be enough


@dataclass
class Allowance:
    """`now` returns seconds; `name` and `unit` are Groq's words for the limit and for the error's type."""

    name: str
    unit: str
    limit: int
    window_s: float
    now: Callable[[], float]
    _used: float = 0.0
    _at: float = field(default=-math.inf)

    @property
    def used(self) -> float:
        now = self.now()
        if now > self._at:
            self._used = max(0.0, self._used - (now - self._at) * self.limit / self.window_s)
            self._at = now
        return self._used

    @property
    def left(self) -> int:
        return max(0, math.floor(self.limit - self.used + _TOLERANCE))

    def wait_s(self, amount: float) -> float:
        """Return the seconds until `amount` fits: 0 if it fits now, infinity if it never does."""
        if amount > self.limit:
            return math.inf
        over = self.used + amount - self.limit
        return over / self.limit * self.window_s if over > _TOLERANCE * self.limit else 0.0

    def take(self, amount: float) -> None:
        """Count `amount`. A negative one gives back what was requested and not used."""
        self._used = max(0.0, self.used + amount)

    def reset_s(self) -> float:
        """Return the seconds until nothing counts any more."""
        return self.used / self.limit * self.window_s


def duration(seconds: float) -> str:
    """Format seconds as Groq does: 2m59.56s, 7.66s, 172.8ms, 1h2m3s."""
    if seconds < 1:
        return f"{round(seconds * 1000, 3):g}ms"
    hours, rest = divmod(round(seconds, 3), HOUR_S)
    minutes, rest = divmod(rest, MINUTE_S)
    parts = [f"{hours:.0f}h" if hours else "", f"{minutes:.0f}m" if hours or minutes else ""]
    return "".join([*parts, f"{rest:.3f}".rstrip("0").rstrip("."), "s"])
