"""Owners of tasks: a task started here is ended here, and what it raised comes out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import TypeVar

T = TypeVar("T")

log = logging.getLogger(__name__)


@asynccontextmanager
async def together() -> AsyncIterator[asyncio.TaskGroup]:
    """A TaskGroup whose first failure is raised as itself, and not in a group."""
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None


class Tasks:
    """Tasks that outlive the step that started them, but not their owner."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[object]] = set()

    def start(self, work: Coroutine[object, object, T], *, name: str) -> asyncio.Task[T]:
        """Start and own. What it raises is for whoever awaits it."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        return task

    async def finish(self, limit_s: float) -> None:
        """Give what runs `limit_s` seconds, then cancel it; returns when nothing runs any more."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=limit_s)
            for task in late:
                log.warning("a task was still running", extra={"task": task.get_name()})
        await self.cancel()

    async def cancel(self) -> None:
        """End all at once; returns when nothing runs any more."""
        for task in self._tasks:
            task.cancel()
        tasks, self._tasks = self._tasks, set()
        await asyncio.gather(*tasks, return_exceptions=True)


class Background(Tasks):
    """Tasks of an owner that lives long: each is forgotten when it is over, and what it raised is logged."""

    def start(self, work: Coroutine[object, object, T], *, name: str) -> asyncio.Task[T]:
        task = super().start(work, name=name)
        task.add_done_callback(self._over)
        return task

    def _over(self, task: asyncio.Task[object]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (failure := task.exception()) is not None:
            log.error("a task failed", exc_info=failure, extra={"task": task.get_name()})
