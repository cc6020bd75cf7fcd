"""Filters over calls, for the API's list and `baton calls`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from persistence.contract.calls import CallStore, Cursor
from persistence.records import Call, CallEnd, RoleName


class CallState(StrEnum):
    """Which calls to list."""

    LIVE = "live"
    NEEDS_SOMEBODY = (
        "needs_somebody"  # live, and no agent talks with the caller: in line, on hold, or the agent is lost
    )
    OVER = "over"
    CALL_BACK = "call_back"  # over, and somebody has to call the caller back


@dataclass(frozen=True, slots=True)
class CallQuery:
    """Which calls to list. `since` and `until` are ms UTC; None and "" filter nothing."""

    state: CallState | None = None
    outcome: CallEnd | None = None
    role: str | None = None
    since: int | None = None
    until: int | None = None
    search: str = ""

    async def page(self, store: CallStore, *, after: Cursor | None, limit: int) -> Sequence[Call]:
        """Return one page of calls, newest first."""
        return await store.calls(
            is_open=None if self.state is None else self.state in {CallState.LIVE, CallState.NEEDS_SOMEBODY},
            needs_somebody=self.state is CallState.NEEDS_SOMEBODY,
            to_call_back=self.state is CallState.CALL_BACK,
            ended_how=self.outcome,
            role=RoleName(self.role) if self.role else None,
            since=self.since,
            until=self.until,
            search=self.search,
            after=after,
            limit=limit,
        )
