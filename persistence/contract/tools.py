"""What Baton needs of a store to know what the roles' own tools did, even after a process has died."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from persistence.records import CallId, JobId, ToolUse, ToolUseId, ToolUseState


class ToolStore(Protocol):
    """Every move is one guarded statement; a lost guard raises StaleHandoff. `at`: milliseconds UTC."""

    async def begin_tool_use(self, use: ToolUse) -> ToolUse:
        """Insert the use, and return it. Only the holder of an open call may begin one.

        With `once`, another use stands in its way, and is returned instead (it has another `id`), when the
        call has one of the same tool
        - with the same arguments that did not fail, or
        - whose end is not known, and which another process began.
        """
        ...

    async def end_tool_use(
        self, use_id: ToolUseId, state: ToolUseState, *, job: JobId, answer: str, at: int
    ) -> ToolUse:
        """From begun to how it ended, by the job that began it. It also knows better than `unknown`."""
        ...

    async def lose_tool_uses(self, call_id: CallId, *, by: JobId, at: int) -> None:
        """What other processes than `by` began and did not end becomes unknown: they are dead."""
        ...

    async def tool_uses(self, call_id: CallId) -> Sequence[ToolUse]:
        """In the order in which they began."""
        ...
