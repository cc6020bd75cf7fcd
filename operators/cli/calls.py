"""`baton calls`: lists calls with caller, holder and end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import typer

from operators.call_query import CallQuery, CallState
from operators.cli.lookup import asked
from operators.cli.output import lasting, local_ms, when, write_json, write_table
from persistence.contract.store import Store
from persistence.records import Call, CallEnd

COLUMNS = ("call", "started", "lasted", "room", "caller", "number", "holder", "ended", "call back")

MOST = 2**53 - 1
"""The largest integer that every store and every reader of JSON keeps exactly."""

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]
Limit = Annotated[
    int, typer.Option("--limit", min=1, max=MOST, help="The largest number of rows, newest first.")
]


Search = Annotated[
    str,
    typer.Option(
        "--search", help="Only calls with these words in the caller, the ids, the room or the matter."
    ),
]
Since = Annotated[
    datetime | None, typer.Option("--since", help="Only calls that began at or after this local time.")
]
Until = Annotated[
    datetime | None, typer.Option("--until", help="Only calls that began before this local time.")
]


def list_calls(
    search: Search = "",
    since: Since = None,
    until: Until = None,
    role: Annotated[str | None, typer.Option("--role", help="Only calls that this role held.")] = None,
    outcome: Annotated[CallEnd | None, typer.Option("--outcome", help="Only calls that ended so.")] = None,
    live: Annotated[bool, typer.Option("--live", help="Only calls that are on the line.")] = False,
    call_back: Annotated[
        bool, typer.Option("--call-back", help="Only callers whom somebody must call back.")
    ] = False,
    as_json: AsJson = False,
    limit: Limit = 50,
) -> None:
    """List calls: first those that need somebody, then newest first."""
    if live and (call_back or outcome):
        raise typer.BadParameter("--live takes neither --call-back nor --outcome: these calls are over")
    state = CallState.LIVE if live else CallState.CALL_BACK if call_back else None
    query = CallQuery(state, outcome, role, local_ms(since), local_ms(until), search)

    async def question(store: Store) -> Sequence[Call]:
        found = await query.page(store, after=None, limit=limit)
        if query not in {CallQuery(), CallQuery(CallState.LIVE)}:
            return found
        first = await CallQuery(CallState.NEEDS_SOMEBODY).page(store, after=None, limit=limit)
        waiting = {call.id for call in first}
        return [*first, *(call for call in found if call.id not in waiting)][:limit]

    calls = asked(question, quiet=as_json)
    if as_json:
        write_json(calls)
    else:
        write_table(COLUMNS, [row_of(call) for call in calls])


def show_call(call: Call, *, as_json: bool) -> None:
    if as_json:
        write_json(call)
    else:
        write_table(COLUMNS, [row_of(call)])


def row_of(call: Call) -> tuple[object, ...]:
    return (
        call.id,
        when(call.started_at),
        lasting(None if call.ended_at is None else call.ended_at - call.started_at),
        call.room,
        call.caller_name or call.caller,
        call.caller_number,
        call.holder_role,
        standing(call),
        call_back_of(call),
    )


def call_back_of(call: Call) -> str:
    """Return why the caller has to be called back, or who has done it; empty if nobody has to."""
    return f"done by {call.called_back_by}" if call.called_back_by else call.call_back or ""


def standing(call: Call) -> str:
    """Return how the call ended; if it is open, whether somebody talks with the caller."""
    if call.ended_how is not None:
        return call.ended_how
    if call.is_waiting:
        return f"in line since {when(call.queued_at)}"
    if call.held_at is not None:
        return f"on hold since {when(call.held_at)} ({call.held_by})"
    return "on the line" if call.lost_at is None else "the agent is lost"
