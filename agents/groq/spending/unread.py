"""Requests that continue in their own tasks, even when nobody waits for their answers any more."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

UNREAD_S = 3.0
"""How long to keep reading an answer that nobody waits for: the longest reply takes about a second."""


class UnreadAnswers:
    """Owns the tasks. An error in one of them reaches the task that waits for it."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def own(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    async def settle(self) -> None:
        """Wait for the requests under way, at most UNREAD_S seconds; then cancel them."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=UNREAD_S)
        for late in list(self._tasks):
            late.cancel()

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # retrieved: its waiter has it, or has gone
