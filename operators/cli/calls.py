"""`baton calls`: lists calls with caller, holder and end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from operators.cli.lookup import asked
from operators.cli.output import lasting, when, write_json, write_table
from persistence.contract.store import Store
from persistence.records import Call

COLUMNS = ("call", "started", "lasted", "room", "caller", "holder", "ended")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]
Limit = Annotated[int, typer.Option("--limit", min=1, help="The largest number of rows, newest first.")]


def list_calls(as_json: AsJson = False, limit: Limit = 50) -> None:
    """List calls, newest first."""

    async def question(store: Store) -> Sequence[Call]:
        return await store.calls(limit=limit)

    calls = asked(question)
    if as_json:
        write_json(calls)
    else:
        write_table(COLUMNS, [row_of(call) for call in calls])


def row_of(call: Call) -> tuple[object, ...]:
    lasted = None if call.ended_at is None else call.ended_at - call.started_at
    ended = call.ended_how or "on the line"
    return (call.id, when(call.started_at), lasting(lasted), call.room, call.caller, call.holder_role, ended)
