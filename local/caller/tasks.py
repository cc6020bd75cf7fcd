"""The tasks of one scripted caller. Closing them raises the exception of a task that failed."""

from __future__ import annotations

from tasks import Tasks


class CallerTasks(Tasks):
    """Not a TaskGroup: that would wrap an exception of a test during the call in an ExceptionGroup."""

    async def close(self) -> None:
        """Cancel every task and wait for it. Raises: the exception of a task that failed."""
        started = tuple(self._tasks)
        await self.cancel()
        for task in started:
            if not task.cancelled() and isinstance(failure := task.exception(), Exception):
                raise failure
