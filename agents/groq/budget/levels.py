"""All limits of one model, as far as headers give them, or as the headers imply. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from agents.groq.budget.level import DAY_S, HOUR_S, MINUTE_S, Level
from agents.groq.documented_limits import TIERS, tier_of
from agents.groq.rate_limits import Left

_WINDOWS = {"requests": DAY_S, "tokens": MINUTE_S, "audio-seconds": HOUR_S}
_MINUTE = "requests of a minute"
_LATE = 20
"""An answer that came late tells as many requests too few at most; more is another plan, or another key."""


class Levels:
    """One model's."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._levels: dict[str, Level] = {}

    def learn(self, limits: Mapping[str, Left], now: float) -> None:
        """Learn what an answer's headers tell."""
        for kind, left in limits.items():
            if left.limit > 0:
                window_s = _WINDOWS[kind]
                told = Level(left.limit, window_s, _used(left, window_s), now)
                if kind != "requests" or self._learn_requests(told, now):
                    self._levels[kind] = told

    def minute_is_spent(self, now: float) -> None:
        """A refusal says so. It tells of requests that nobody here saw: those before the first answer."""
        if (minute := self._levels.get(_MINUTE)) is not None:
            self._levels[_MINUTE] = minute.after(max(0.0, minute.limit - minute.used_at(now)), now)

    def allow(self, kept_back: float, now: float, not_answered: int = 0) -> bool:
        """Whether so much is left of each, with so many more requests of a minute than answers have told."""
        return all(
            (each.after(not_answered, now) if kind == _MINUTE else each).allows(kept_back, now)
            for kind, each in self._levels.items()
        )

    def told(self) -> dict[str, Left]:
        """The limits that headers told, whatever is left of them."""
        return {
            kind: Left(int(each.limit), 0, 0.0) for kind, each in self._levels.items() if kind in _WINDOWS
        }

    def of_minute(self) -> dict[str, float]:
        """What may be used in a minute: requests, tokens, audio-seconds, as far as is known."""
        whole = {
            "requests": (self._levels.get(_MINUTE), 1.0),
            "tokens": (self._levels.get("tokens"), 1.0),
            "audio-seconds": (self._levels.get("audio-seconds"), MINUTE_S / HOUR_S),
        }
        return {kind: each.limit * part for kind, (each, part) in whole.items() if each is not None}

    def _learn_requests(self, told: Level, now: float) -> bool:
        """Headers tell the day's; how they grow tells the minute's. False: an older answer that came late."""
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
    """How many of so `more` requests, seen over so many seconds, count: those of the last minute.

    More than the limit allows in that time were none: the account is another, or its day was written off.
    """
    if not 0 <= more <= minute * (1 + over_s / MINUTE_S) + _LATE:
        return 1.0
    return more * min(1.0, MINUTE_S / over_s) if over_s else more


def _used(left: Left, window_s: float) -> float:
    """To parts of one: the time until nothing counts tells it more exactly than what is left."""
    used = float(left.limit - left.left)
    exactly = left.reset_s * left.limit / window_s
    return exactly if abs(exactly - used) <= 1.5 else used
