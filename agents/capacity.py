"""How many calls a worker takes. Calls are counted, not jobs: for a call in hand there is always room.

LiveKit's own count would not do. It counts jobs, so a full worker could hand none of its calls over; and it
tells the server up to some seconds late that there is room again, while nobody else takes the call.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Protocol


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
        """From 0 to 1, for the server's choice between workers. Safe to call from any thread."""
        return min(1.0, len(set(self._rooms())) / self._calls_at_once)

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
