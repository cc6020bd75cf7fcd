"""What the roles' own tools did in a call, for people. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from persistence.records import Call, ToolUse, ToolUseState

COLUMNS = ("began", "role", "tool", "arguments", "took", "outcome", "answer")


def told_uses(uses: Sequence[ToolUse], call: Call) -> list[tuple[ToolUse, str]]:
    """Return each use with its outcome: unknown if open after the call's end (its process may have died)."""
    over = call.ended_at is not None
    return [
        (use, ToolUseState.UNKNOWN if over and use.state is ToolUseState.BEGUN else use.state) for use in uses
    ]
