"""One limit as Groq counts it: a bucket that drains evenly over its window. Pure."""

from __future__ import annotations

from dataclasses import dataclass

MINUTE_S, HOUR_S, DAY_S = 60.0, 3_600.0, 86_400.0
_LONG_WINDOW_SHARE = 0.25
"""The factor on the share that is kept back, for a window longer than a minute."""


@dataclass(frozen=True, slots=True)
class Level:
    """`used` of `limit` at the time `at`, in seconds."""

    limit: float
    window_s: float
    used: float
    at: float

    def used_at(self, now: float) -> float:
        return max(0.0, self.used - max(0.0, now - self.at) * self.limit / self.window_s)

    def after(self, amount: float, now: float) -> Level:
        """Return the level after `amount` more is spent."""
        return Level(self.limit, self.window_s, self.used_at(now) + amount, now)

    def allows(self, kept_back: float, now: float) -> bool:
        """Whether more than the share `kept_back` is left; of a window above a minute, a quarter of it."""
        if self.window_s > MINUTE_S:
            kept_back *= _LONG_WINDOW_SHARE
        return 1 - self.used_at(now) / self.limit > kept_back
