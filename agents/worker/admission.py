"""How many calls a worker takes. Calls are counted, not jobs: for a call in hand there is always room.

LiveKit's own ways would not do. A worker that says it is full gets no job at all, so it could hand none of
its calls over; that it has room again the server learns some seconds late, and until then calls are lost.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Protocol

_HIGHEST_LOAD = 0.5
"""livekit-server (1.13.5) has no job for anybody once every worker tells it a load of 0.7 or more."""


class Room(Protocol):
    @property
    def name(self) -> str: ...


class Request(Protocol):
    """What is needed of LiveKit's JobRequest."""

    @property
    def room(self) -> Room: ...

    async def accept(self) -> None: ...

    async def reject(self, *, terminate: bool) -> None: ...


class Capacity:
    """`rooms` gives the rooms of all jobs that run now, each as often as it has jobs."""

    def __init__(self, calls_at_once: int, rooms: Callable[[], Iterable[str]]) -> None:
        self._calls_at_once = calls_at_once
        self._rooms = rooms
        self._coming: Counter[str] = Counter()

    def load(self) -> float:
        """For the server's choice between workers: never so high that it would pass one by.

        Safe to call from any thread.
        """
        return min(1.0, len(set(self._rooms())) / self._calls_at_once) * _HIGHEST_LOAD

    async def answer(self, request: Request) -> None:
        """Take the job where its call is in hand already, or fits; else let another worker have it."""
        room = request.room.name
        calls = {*self._rooms(), *self._coming}
        if room not in calls and len(calls) >= self._calls_at_once:
            await request.reject(terminate=False)
            return
        self._coming[room] += 1  # from now on: the job runs only some milliseconds later
        try:
            await request.accept()
        finally:
            self._coming[room] -= 1
            self._coming = +self._coming
