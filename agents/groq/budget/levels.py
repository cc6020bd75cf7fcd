"""All limits of one model that headers give or imply. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from agents.groq.budget.level import DAY_S, HOUR_S, MINUTE_S, Level
from agents.groq.documented_limits import TIERS, tier_of
from agents.groq.rate_limits import Left

_WINDOWS = {"requests": DAY_S, "tokens": MINUTE_S, "audio-seconds": HOUR_S}
_MINUTE = "requests of a minute"
_LATE = 20
"""A late answer shows at most this many requests too few; a larger gap means another plan or another key."""


class Levels:
    """The levels of one model's limits."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._levels: dict[str, Level] = {}

    def learn(self, limits: Mapping[str, Left], now: float) -> None:
        """Learn from an answer's headers."""
        for kind, left in limits.items():
            if left.limit > 0:
                window_s = _WINDOWS[kind]
                told = Level(left.limit, window_s, _used(left, window_s), now)
                if kind != "requests" or self._learn_requests(told, now):
                    self._levels[kind] = told

    def minute_is_spent(self, now: float) -> None:
        """Mark the minute's requests as spent, as a refusal says: some were sent before the first answer."""
        if (minute := self._levels.get(_MINUTE)) is not None:
            self._levels[_MINUTE] = minute.after(max(0.0, minute.limit - minute.used_at(now)), now)

    def allow(self, kept_back: float, now: float, not_answered: int = 0) -> bool:
        """Whether each limit leaves `kept_back`, with `not_answered` requests that no answer counts yet."""
        return all(
            (each.after(not_answered, now) if kind == _MINUTE else each).allows(kept_back, now)
            for kind, each in self._levels.items()
        )

    def told(self) -> dict[str, Left]:
        """Return the limits from the headers. What is left of each is not filled in."""
        return {
            kind: Left(int(each.limit), 0, 0.0) for kind, each in self._levels.items() if kind in _WINDOWS
        }

    def of_minute(self) -> dict[str, float]:
        """Return what may be used in a minute: requests, tokens, audio-seconds, if known."""
        whole = {
            "requests": (self._levels.get(_MINUTE), 1.0),
            "tokens": (self._levels.get("tokens"), 1.0),
            "audio-seconds": (self._levels.get("audio-seconds"), MINUTE_S / HOUR_S),
        }
        return {kind: each.limit * part for kind, (each, part) in whole.items() if each is not None}

    def _learn_requests(self, told: Level, now: float) -> bool:
        """Derive the minute's requests from the growth of the day's. False: an older answer came late."""
        before = self._levels.get("requests")
        more, over_s = 1.0, 0.0
        if before is not None and before.limit == told.limit:
            more, over_s = told.used - before.used_at(now), now - before.at
            if -_LATE < more < 0:
                return False
        tier = tier_of(self._model, int(told.limit))
        minute = TIERS[tier][self._model].requests_minute if tier else None
        last = self._levels.pop(_MINUTE, None)
        if minute is not None:
            last = last if last and last.limit == minute else Level(minute, MINUTE_S, 0.0, now)
            self._levels[_MINUTE] = last.after(_of_last_minute(more, over_s, minute), now)
        return True


def _of_last_minute(more: float, over_s: float, minute: int) -> float:
    """Return how many of `more` requests, seen over `over_s` seconds, fall into the last minute.

    More than the limit allows in that time cannot be requests: the account changed, or its day was written
    off. That counts as one request.
    """
    if not 0 <= more <= minute * (1 + over_s / MINUTE_S) + _LATE:
        return 1.0
    return more * min(1.0, MINUTE_S / over_s) if over_s else more


def _used(left: Left, window_s: float) -> float:
    """Return what is used, to a fraction: the time until all is free is more exact than what is left."""
    used = float(left.limit - left.left)
    exactly = left.reset_s * left.limit / window_s
    return exactly if abs(exactly - used) <= 1.5 else used
