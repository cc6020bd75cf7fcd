"""A model on hold: Groq has said for how long a limit refuses requests. Pure.

Until then, the model only gets single tries, for callers who wait: Groq may have room sooner than it said, or
somebody may have bought more. All calls together make one try at a time, at growing intervals.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

_FIRST_TRY_AFTER_S, _TRIES_APART_FACTOR, _TRIES_APART_MOST_S = 0.25, 4.0, 60.0
"""0.25 s after the refusal, then 1, 4, 16 and 60 s apart: a limit of a minute gets four tries at most."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A model is held for `left_s` more seconds; `day`: because a day's limit is spent."""

    left_s: float
    day: bool


@dataclass(frozen=True, slots=True)
class Held:
    """What is known about a model's hold. All times are seconds on one clock; -inf: never."""

    at: float = -math.inf  # the latest refusal
    until: float = -math.inf
    day: bool = False
    lifted_at: float = -math.inf  # the latest try that worked
    tried_at: float = -math.inf
    tries: int = 0  # since the hold began

    def left(self, now: float) -> Hold | None:
        """Return what is left of the hold; None: the model is not held."""
        if now >= self.until or self.lifted_at >= self.at:
            return None
        return Hold(self.until - now, self.day)

    def refused(self, now: float, for_s: float, *, day: bool) -> Held:
        """Return the state after a refusal. The longest hold counts: another limit may be spent, too."""
        until = now + for_s
        if self.left(now) is None:
            return replace(self, at=now, until=until, day=day, tries=0)
        if until <= self.until:
            return replace(self, at=now)
        return replace(self, at=now, until=until, day=day)

    def lifted(self, now: float) -> Held:
        """Return the state after a try that worked."""
        return replace(self, lifted_at=now)

    def trying(self, now: float) -> Held:
        """Return the state after a try has begun."""
        return replace(self, tried_at=now, tries=self.tries + 1)

    def may_try(self, now: float) -> bool:
        """Whether one more try is due."""
        apart_s = min(_TRIES_APART_MOST_S, _FIRST_TRY_AFTER_S * _TRIES_APART_FACTOR**self.tries)
        return now - max(self.at, self.tried_at) >= apart_s

    def merged(self, other: Held) -> Held:
        """Merge with what another process knows, on the same clock."""
        lifted_at = max(self.lifted_at, other.lifted_at)
        standing = [each for each in (self, other) if each.at > lifted_at] or [self, other]
        longest = max(standing, key=lambda each: each.until)
        newer = max(self, other, key=lambda each: each.tried_at)
        at = max(each.at for each in standing)
        return Held(at, longest.until, longest.day, lifted_at, newer.tried_at, newer.tries)

    def moved(self, seconds: float) -> Held:
        """Convert the times to a clock that is `seconds` ahead."""
        return replace(
            self,
            at=self.at + seconds,
            until=self.until + seconds,
            lifted_at=self.lifted_at + seconds,
            tried_at=self.tried_at + seconds,
        )


NOT_HELD = Held()
