"""Rate-limits failed logins per address. A client with a valid token is unaffected."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from transfer.ports import Clock

K = TypeVar("K")
V = TypeVar("V")

FIRST_WAIT_MS = 250
LONGEST_WAIT_MS = 30_000
QUIET_MS = 600_000
"""After this long without a failure, an address starts over."""
REMEMBERED = 10_000
"""How many addresses, and how many valid tokens, are remembered; the oldest are dropped first."""


@dataclass(frozen=True, slots=True)
class _Failures:
    count: int
    latest: int  # ms UTC

    @property
    def until(self) -> int:
        """Doubles with each failure."""
        return self.latest + min(LONGEST_WAIT_MS, FIRST_WAIT_MS << min(self.count - 1, 20))


class Slowdown:
    """Never waits itself: a request that comes too early is refused, with the time to wait.

    A token that was valid from this address before is let through, so that a working page keeps working while
    somebody behind the same address guesses.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures: OrderedDict[str, _Failures] = OrderedDict()
        self._good: OrderedDict[tuple[str, str], None] = OrderedDict()

    def wait_ms(self, address: str, token_hash: str) -> int:
        """How long this address must wait with this token; 0 if not at all."""
        place = network_of(address)
        failures = self._failures.get(place)
        if failures is None or (place, token_hash) in self._good:
            return 0
        return max(0, failures.until - self._clock.now_ms())

    def failed(self, address: str, token_hash: str) -> None:
        place, now = network_of(address), self._clock.now_ms()
        self._good.pop((place, token_hash), None)
        before = self._failures.pop(place, None)
        count = before.count if before and now - before.latest < QUIET_MS else 0
        _remember(self._failures, place, _Failures(count + 1, now))

    def passed(self, address: str, token_hash: str) -> None:
        known = network_of(address), token_hash
        self._good.pop(known, None)
        _remember(self._good, known, None)


def _remember(kept: OrderedDict[K, V], key: K, value: V) -> None:
    kept[key] = value
    if len(kept) > REMEMBERED:
        kept.popitem(last=False)


@lru_cache(maxsize=1_000)
def network_of(address: str) -> str:
    """A whole IPv6 /64 counts as one address, because its customer has all of its addresses for free."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return address
