"""Filters over handoffs, for the lists and the exports."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from persistence.contract.calls import Cursor
from persistence.contract.handoffs import HandoffStore
from persistence.records import CallId, Handoff, HandoffState, RoleName

PAGE = 200
"""How many handoffs an export reads at a time."""


@dataclass(frozen=True, slots=True)
class HandoffQuery:
    """Which handoffs to list. `since` and `until` are ms UTC; None filters nothing."""

    state: HandoffState | None = None
    outcome: HandoffState | None = None
    role: str | None = None
    since: int | None = None
    until: int | None = None
    call: str | None = None

    async def page(self, store: HandoffStore, *, after: Cursor | None, limit: int) -> Sequence[Handoff]:
        """Return one page of handoffs, newest first."""
        if self.state and self.outcome and self.state is not self.outcome:
            return []
        return await store.handoffs(
            call_id=CallId(self.call) if self.call else None,
            state=self.state or self.outcome,
            role=RoleName(self.role) if self.role else None,
            since=self.since,
            until=self.until,
            after=after,
            limit=limit,
        )

    async def pages(self, store: HandoffStore) -> AsyncIterator[Sequence[Handoff]]:
        """Yield all pages, newest first. Handoffs requested after the first page was read are left out."""
        after: Cursor | None = None
        while page := await self.page(store, after=after, limit=PAGE):
            yield page
            after = Cursor(page[-1].requested_at, page[-1].id)
