"""How long a handoff may take, by a clock that stands still while an operator is waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class Limit:
    """Begins to run when it is made."""

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._loop = asyncio.get_running_loop()
        self._runs = asyncio.Event()
        self.restart()

    def restart(self) -> None:
        """Give all of the time once more."""
        self._ends_at = self._loop.time() + self._limit_s
        self._runs.set()

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        left_s = self._ends_at - self._loop.time()
        self._runs.clear()
        try:
            yield
        finally:
            self._ends_at = self._loop.time() + left_s
            self._runs.set()

    async def passed(self) -> None:
        """Returns when the time is used up."""
        while True:
            await self._runs.wait()
            left_s = self._ends_at - self._loop.time()
            if left_s <= 0:
                return
            await asyncio.sleep(left_s)
