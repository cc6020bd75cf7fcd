"""`baton handoffs`: lists handoffs with roles, reason and outcome."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from operators.cli.calls import AsJson, Limit
from operators.cli.lookup import asked, whole_id
from operators.cli.output import lasting, when, write_json, write_table
from persistence.contract.store import Store
from persistence.records import CallId, Handoff, HandoffState, RoleName

COLUMNS = (
    "handoff",
    "call",
    "requested",
    "from",
    "to",
    "state",
    "took",
    "to target",
    "on hold",
    "music",
    "seam",
    "silence",
    "by",
    "reason",
)

OfCall = Annotated[
    str | None, typer.Option("--call", help="Only of this call: its id, or its first characters.")
]
InState = Annotated[HandoffState | None, typer.Option("--state", help="Only in this state.")]
OfRole = Annotated[str | None, typer.Option("--role", help="Only from or to this role.")]


def list_handoffs(
    as_json: AsJson = False,
    call: OfCall = None,
    state: InState = None,
    role: OfRole = None,
    limit: Limit = 50,
) -> None:
    """List handoffs, newest first."""

    async def question(store: Store) -> Sequence[Handoff]:
        call_id = CallId(await whole_id(store, call)) if call is not None else None
        of_role = RoleName(role) if role else None
        return await store.handoffs(call_id=call_id, state=state, role=of_role, limit=limit)

    handoffs = asked(question, quiet=as_json)
    if as_json:
        write_json(handoffs)
    else:
        write_table(COLUMNS, [row_of(handoff) for handoff in handoffs])


def row_of(handoff: Handoff) -> tuple[object, ...]:
    return (
        handoff.id,
        handoff.call_id,
        when(handoff.requested_at),
        handoff.from_role,
        handoff.target,
        handoff.state,
        took(handoff),
        lasting(handoff.time_to_target_ms),
        lasting(handoff.on_hold_ms),
        lasting(handoff.music_ms),
        lasting(handoff.seam_ms),
        lasting(handoff.silence_ms),
        handoff.requested_by,
        handoff.reason,
    )


def took(handoff: Handoff) -> str:
    """Return the time from the request to the end, as text; empty while the handoff is open."""
    return "" if handoff.ended_at is None else lasting(handoff.ended_at - handoff.requested_at)
