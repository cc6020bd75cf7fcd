"""The pace of speech made ahead of calls: it uses half of the account's limits and leaves the rest to calls.

Groq's headers give the limits of requests a day and tokens a minute. The other two limits come from the
documented tier with the same limit of requests a day.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager

from livekit.agents import APIError

from agents.groq.documented_limits import TIERS, tier_of
from agents.groq.errors import Fault, fault_of, retry_after_s
from agents.groq.rate_limits import Left, LimitsSeen

SHARE = 0.5
_MINUTE_S, _DAY_S = 60.0, 86_400.0
_SPEECH = "audio/speech"
_CHARACTERS_A_REQUEST = 120
"""In an undocumented tier, the requests of a minute are estimated as its characters divided by this. Both
documented tiers have this ratio or a higher one."""
_LEAST_HOLD_S = 1.0
_LOOK_EVERY_S = 1.0
_SHORTEST_WAIT_S = 0.01
"""Shorter waits are skipped: a clock that moved by less may read the same."""


class SpeechPace:
    """The pace for one account. `now` returns wall-clock seconds, `sleep` waits for seconds.

    `waits` is set once a request has to wait: from then on, the rest takes a while.
    """

    def __init__(
        self,
        seen: LimitsSeen,
        model: str,
        *,
        waits: asyncio.Event,
        now: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._seen, self._model, self._now, self._sleep, self._waits = seen, model, now, sleep, waits
        self._spent: list[tuple[float, int]] = []
        self._held_until = -math.inf
        self._turn = asyncio.Lock()
        self._not_answered = 0
        self.has_room: Callable[[int], bool] = lambda _: True
        """Whether the account has room for more than callers' turns, no matter what has used the rest.

        Called with the number of requests that are not answered yet.
        """

    def remember(self, made: Iterable[tuple[float, int]]) -> None:
        """Count speech of an earlier run: when it was made, and its characters.

        A time in the future, after a clock was set back, counts as now.
        """
        now = self._now()
        self._spent = sorted([*self._spent, *((min(at, now), count) for at, count in made)])

    @asynccontextmanager
    async def room_for(self, characters: int) -> AsyncGenerator[None]:
        """Wait until a request for so many characters fits, and count it. Requests keep their order.

        No limit applies before the first answers have given the limits.
        """
        async with self._turn:
            while (wait_s := self._wait_s(characters)) > _SHORTEST_WAIT_S:
                self._waits.set()
                await self._sleep(wait_s)
            self._spent.append((self._now(), characters))
            self._not_answered += 1
        try:
            yield
        finally:
            self._not_answered -= 1

    def refused(self, error: APIError) -> bool:
        """Whether a limit is spent. If so, hold requests twice as long as Groq says: calls come first."""
        if fault_of(error) not in {Fault.LIMITED, Fault.DAY_SPENT}:
            return False
        wait_s = 2 * (retry_after_s(error) or _LEAST_HOLD_S)
        self._held_until = max(self._held_until, self._now() + max(_LEAST_HOLD_S, wait_s))
        return True

    def _wait_s(self, characters: int) -> float:
        if not self.has_room(self._not_answered):
            return _LOOK_EVERY_S
        now = self._now()
        self._spent = [(at, count) for at, count in self._spent if now - at < _DAY_S]
        waits = [self._held_until - now]
        for limit, window_s, of_characters in _limits(self._model, self._seen.of(_SPEECH)):
            room = SHARE * limit
            asked = characters if of_characters else 1
            used = _drained(
                ((at, count if of_characters else 1) for at, count in self._spent), room, window_s, now
            )
            # A line longer than the whole share is sent once nothing else counts.
            waits.append((used + min(asked, room) - room) / room * window_s)
        return max(waits)


def needed_s(texts: Sequence[str], model: str, told: Mapping[str, Left]) -> float:
    """Return the seconds that making these lines takes, at the pace of the limits in Groq's headers."""
    waits = [0.0]
    for limit, window_s, of_characters in _limits(model, told):
        asked, room = sum(map(len, texts)) if of_characters else len(texts), SHARE * limit
        waits.append((asked - room) / room * window_s)
    return max(waits)


def _limits(model: str, told: Mapping[str, Left]) -> list[tuple[int, float, bool]]:
    """Return each limit, its window in seconds, and whether it counts characters, not requests."""
    if "requests" not in told or "tokens" not in told:
        return []
    day, minute = told["requests"].limit, told["tokens"].limit
    tier = tier_of(model, day)
    documented = TIERS[tier][model] if tier else None
    requests_minute = documented.requests_minute if documented else minute // _CHARACTERS_A_REQUEST
    every = [
        (day, _DAY_S, False),
        (minute, _MINUTE_S, True),
        (requests_minute, _MINUTE_S, False),
        (documented.tokens_day if documented else None, _DAY_S, True),
    ]
    return [(limit, window_s, characters) for limit, window_s, characters in every if limit]


def _drained(spent: Iterable[tuple[float, int]], room: float, window_s: float, now: float) -> float:
    """Return how much of `spent`, oldest first, still counts if `room` drains in `window_s` seconds."""
    level, last = 0.0, -math.inf
    for at, count in spent:
        level = max(0.0, level - (at - last) * room / window_s) + count
        last = at
    return max(0.0, level - (now - last) * room / window_s)
