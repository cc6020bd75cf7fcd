"""How many calls a worker takes. It counts calls, not jobs: a call it already has may get further agents.

LiveKit's own load threshold does not fit. A worker that reports itself full gets no job at all, so it could
not hand over any of its calls, and the server learns only seconds later that there is room again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from livekit.agents import JobRequest

_HIGHEST_LOAD = 0.5
"""livekit-server (1.13.5) dispatches no job once every worker reports a load of 0.7 or more."""


class Capacity:
    """`rooms` returns the rooms of all running jobs, one entry a job."""

    def __init__(self, calls_at_once: int, rooms: Callable[[], Iterable[str]]) -> None:
        self._calls_at_once = calls_at_once
        self._rooms = rooms
        self._starting: Counter[str] = Counter()

    def load(self) -> float:
        """0 to 0.5, for the server's choice between workers; never so high that it skips this one.

        Thread-safe.
        """
        return min(1.0, len(set(self._rooms())) / self._calls_at_once) * _HIGHEST_LOAD

    async def accept_or_reject(self, request: JobRequest) -> None:
        """Accept a job if its call is here already or fits; else leave it to another worker."""
        room = request.room.name
        calls = {*self._rooms(), *self._starting}
        if room not in calls and len(calls) >= self._calls_at_once:
            await request.reject(terminate=False)
            return
        self._starting[room] += 1  # counted from now on: the job runs only some milliseconds later
        try:
            await request.accept()
        finally:
            self._starting[room] -= 1
            self._starting = +self._starting
