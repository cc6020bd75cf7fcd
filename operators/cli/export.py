"""`baton export`: handoffs as CSV or JSON, in the same format as the API's exports."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import typer

from operators.auth.security_log import Happened
from operators.cli.act_context import name_of, security_log
from operators.cli.lookup import asked, whole_id
from operators.cli.output import local_ms, write_file
from operators.export import as_csv, as_json
from operators.handoff_query import HandoffQuery
from persistence.contract.store import Store
from persistence.records import HandoffState
from settings import Settings


class Format(StrEnum):
    """The format of an export."""

    CSV = "csv"
    JSON = "json"


Since = Annotated[
    datetime | None, typer.Option("--since", help="Only handoffs requested at or after this local time.")
]
Until = Annotated[
    datetime | None, typer.Option("--until", help="Only handoffs requested before this local time.")
]


def export_handoffs(
    since: Since = None,
    until: Until = None,
    role: Annotated[str | None, typer.Option("--role", help="Only from or to this role.")] = None,
    state: Annotated[HandoffState | None, typer.Option("--state", help="Only in this state.")] = None,
    call: Annotated[str | None, typer.Option("--call", help="Only handoffs of this call.")] = None,
    form: Annotated[Format, typer.Option("--format", help="csv or json.")] = Format.CSV,
) -> None:
    """Print handoffs, newest first, without turns and summaries."""

    async def write(store: Store) -> None:
        query = HandoffQuery(
            state=state,
            role=role,
            since=local_ms(since),
            until=local_ms(until),
            call=await whole_id(store, call) if call is not None else None,
        )
        before = "["
        if form is Format.CSV:
            write_file(as_csv((), heading=True))
        async for page in query.pages(store):
            if form is Format.CSV:
                write_file(as_csv(page))
            else:
                write_file(before + as_json(page))
                before = ",\n"
        if form is Format.JSON:
            write_file("]\n" if before != "[" else "[]\n")

    security_log(Settings()).tell(Happened.EXPORT, name_of(None), of="handoffs", form=form)
    asked(write)
