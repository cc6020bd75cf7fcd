"""A timeout that can be paused: an operator's thinking time does not count towards the handoff's limit."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class PausableTimeout:
    """A timeout that starts when it is made."""

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._loop = asyncio.get_running_loop()
        self._runs = asyncio.Event()
        self.restart()

    def restart(self) -> None:
        """Start again with the full time."""
        self._ends_at = self._loop.time() + self._limit_s
        self._runs.set()

    def allow(self, more_s: float) -> None:
        """Extend the limit by `more_s` seconds."""
        self._ends_at += more_s

    @contextmanager
    def paused(self) -> Iterator[None]:
        left_s = self._ends_at - self._loop.time()
        self._runs.clear()
        try:
            yield
        finally:
            self._ends_at = self._loop.time() + left_s
            self._runs.set()

    async def passed(self) -> None:
        """Return when the time is used up."""
        while True:
            await self._runs.wait()
            left_s = self._ends_at - self._loop.time()
            if left_s <= 0:
                return
            await asyncio.sleep(left_s)
