"""Owners of tasks: each ends the tasks it started, and none of their exceptions is lost."""

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
    """A TaskGroup that raises its first failure itself instead of an exception group."""
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None


class Tasks:
    """Tasks that may outlive the step that started them, but not their owner."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[object]] = set()

    def start(self, work: Coroutine[object, object, T], *, name: str) -> asyncio.Task[T]:
        """Start and own a task. Its exception goes to the code that awaits it."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        return task

    async def finish(self, limit_s: float) -> None:
        """Wait `limit_s` seconds for the tasks to finish, then cancel the rest. Returns when none runs."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=limit_s)
            for task in late:
                log.warning("task still running, cancelling it", extra={"task": task.get_name()})
        await self.cancel()

    async def cancel(self) -> None:
        """Cancel all. Returns when none runs."""
        for task in self._tasks:
            task.cancel()
        tasks, self._tasks = self._tasks, set()
        await asyncio.gather(*tasks, return_exceptions=True)


class BackgroundTasks(Tasks):
    """Tasks of a long-lived owner: each is dropped when it is done, and its exception is logged."""

    def start(self, work: Coroutine[object, object, T], *, name: str) -> asyncio.Task[T]:
        task = super().start(work, name=name)
        task.add_done_callback(self._on_done)
        return task

    def _on_done(self, task: asyncio.Task[object]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (failure := task.exception()) is not None:
            log.error("task failed", exc_info=failure, extra={"task": task.get_name()})
