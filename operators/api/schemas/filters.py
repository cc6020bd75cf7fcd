"""Which handoffs are wanted: the same for a page, and for an export."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query

from operators.api.schemas.requests import Instant
from operators.handoff_filter import Wanted
from persistence.records import HandoffState

State = Annotated[HandoffState | None, Query(description="the state it is in")]
HowEnded = Annotated[HandoffState | None, Query(description="how it ended: one of the last six states")]
OfRole = Annotated[str | None, Query(max_length=64, description="a role, on either side")]
OfCall = Annotated[str | None, Query(max_length=200, description="a call's id")]


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
