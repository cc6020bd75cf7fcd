"""How many processes to keep warm: as many as calls arrived recently, and no more than fit. Pure."""

from __future__ import annotations

from collections import deque

_WITHIN_S = 10.0
"""The length of a burst: its callers are answered by processes that were warm before they came."""

_MOST = 8
"""Each warm process takes 160 ms of processor to start and about 30 MiB for itself."""


class Arrivals:
    """When callers came, within the last seconds. Times: seconds of one steady clock, rising."""

    def __init__(self) -> None:
        self._at: deque[float] = deque()

    def arrived(self, now: float) -> None:
        self._at.append(now)

    def warm_processes(self, now: float, *, least: int, room: int) -> int:
        """Return how many processes to keep warm: at least `least`, for handoffs and the next caller."""
        while self._at and now - self._at[0] > _WITHIN_S:
            self._at.popleft()
        return max(least, min(len(self._at), room, _MOST))
