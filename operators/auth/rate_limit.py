"""Rate-limits failed logins per address. A client with a valid token is unaffected."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache

from transfer.ports import Clock

FIRST_WAIT_MS = 250
LONGEST_WAIT_MS = 30_000
QUIET_MS = 600_000
"""After this long without a failure, an address starts over."""
REMEMBERED = 10_000
"""How many addresses are remembered; the oldest are dropped first."""


@dataclass(frozen=True, slots=True)
class _Failures:
    count: int
    latest: int  # ms UTC

    @property
    def until(self) -> int:
        """The end of the wait, ms UTC. The wait doubles with each failure."""
        return self.latest + min(LONGEST_WAIT_MS, FIRST_WAIT_MS << min(self.count - 1, 20))


class Slowdown:
    """Never sleeps: a guess that comes too early is refused, with the time to wait.

    A valid token never waits, even while somebody behind the same address guesses: nobody finds 256 random
    bits by guessing.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures: OrderedDict[str, _Failures] = OrderedDict()

    def wait_ms(self, address: str) -> int:
        """Return how long this address must wait before its next guess; 0 if not at all."""
        failures = self._failures.get(network_of(address))
        return 0 if failures is None else max(0, failures.until - self._clock.now_ms())

    def failed(self, address: str) -> None:
        place, now = network_of(address), self._clock.now_ms()
        before = self._failures.pop(place, None)
        count = before.count if before and now - before.latest < QUIET_MS else 0
        self._failures[place] = _Failures(count + 1, now)
        if len(self._failures) > REMEMBERED:
            self._failures.popitem(last=False)


@lru_cache(maxsize=1_000)
def network_of(address: str) -> str:
    """Return the address, or its /64 network for IPv6, whose addresses all cost one customer nothing."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return address
