"""The only place that reads the time of day.

Processes on several hosts share times through their store: when a call began, since when it waits, until when
something counts. Their clocks may differ by minutes. So a store on a server tells each process its time
(`follow`), and from then on that is the time of day here. With a store in a file, it is this host's.
"""

from __future__ import annotations

import time

_TICKS = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Continues while the machine sleeps, and does not jump when its clock is set."""

_ahead_of_ticks: int | None = None
"""The store's time minus the ticks, in ms. None: no store has reported its time."""


class SystemClock:
    """`transfer.ports.Clock`."""

    def now_ms(self) -> int:
        return HostClock().now_ms() if _ahead_of_ticks is None else ticks_ms() + _ahead_of_ticks


class HostClock:
    """This host's, whatever a store says: to tell how far the two are apart."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000


def ticks_ms() -> int:
    """Milliseconds since some moment, the same for all processes of this host."""
    return time.clock_gettime_ns(_TICKS) // 1_000_000


def follow(store_ms: int, *, asked: int, answered: int) -> None:
    """The store has said that its time was `store_ms`, at a moment between two ticks.

    What was known stays if it can be right: a slow answer moves no clock.
    """
    global _ahead_of_ticks
    known = HostClock().now_ms() - ticks_ms() if _ahead_of_ticks is None else _ahead_of_ticks
    _ahead_of_ticks = min(max(known, store_ms - answered), store_ms + 1 - asked)


def unfollow() -> None:
    """Forget the store's time, as a test does that ends."""
    global _ahead_of_ticks
    _ahead_of_ticks = None
