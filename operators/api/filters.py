"""Which handoffs are wanted: the same for a page, and for an export."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query

from operators.api.bodies import Instant
from persistence.records import CallId, Handoff, HandoffState, RoleName
from persistence.store import Cursor, Store

PAGE = 200
"""Handoffs that an export reads at once."""

State = Annotated[HandoffState | None, Query(description="the state it is in")]
HowEnded = Annotated[HandoffState | None, Query(description="how it ended: one of the last six states")]
OfRole = Annotated[str | None, Query(max_length=64, description="a role, on either side")]
OfCall = Annotated[str | None, Query(max_length=200, description="a call's id")]


@dataclass(frozen=True, slots=True)
class Wanted:
    state: HandoffState | None = None
    outcome: HandoffState | None = None
    role: str | None = None
    since: int | None = None
    until: int | None = None
    call: str | None = None

    async def page(self, store: Store, *, after: Cursor | None, limit: int) -> Sequence[Handoff]:
        """Newest first."""
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

    async def pages(self, store: Store) -> AsyncIterator[Sequence[Handoff]]:
        """All of them, newest first; what is made meanwhile is newer than the first, and not among them."""
        after: Cursor | None = None
        while page := await self.page(store, after=after, limit=PAGE):
            yield page
            after = Cursor(page[-1].requested_at, page[-1].id)


async def _wanted(
    state: State = None,
    outcome: HowEnded = None,
    role: OfRole = None,
    since: Instant = None,
    until: Instant = None,
    call: OfCall = None,
) -> Wanted:
    return Wanted(state, outcome, role, since, until, call)


Filters = Annotated[Wanted, Depends(_wanted)]
