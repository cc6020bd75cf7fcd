"""Owns the tasks of one caller: started here, ended here, and their failures told here."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine


class Tasks:
    """Not a TaskGroup: that would wrap whatever a test raises beside the call into an ExceptionGroup."""

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, work: Coroutine[None, None, None]) -> None:
        self._tasks.append(asyncio.get_running_loop().create_task(work))

    async def close(self) -> None:
        """Cancel what still runs and wait for it. Raises: what a task raised of its own."""
        for task in self._tasks:
            task.cancel()
        for outcome in await asyncio.gather(*self._tasks, return_exceptions=True):
            if isinstance(outcome, Exception):
                raise outcome
