"""`baton operators sessions`: where operators are signed in."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from clock import SystemClock
from errors import BatonError
from operators.auth.security_log import Happened
from operators.auth.sessions import Sessions
from operators.cli.act_context import name_of, security_log
from operators.cli.calls import AsJson
from operators.cli.lookup import say_store
from operators.cli.output import when, write_json, write_table
from persistence.access import Session
from persistence.engines import open_store
from settings import Settings

COLUMNS = ("id", "name", "signed in", "last used", "over by")
SHOWN = ("id", "name", "made_at", "used_at")


def sessions(
    end: Annotated[
        str | None,
        typer.Option("--end", metavar="ID|NAME", help="End this session, or all sessions of this operator."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the browsers in which operators are signed in. Pages of an ended session stop within seconds."""
    settings = Settings()
    security_log(settings)  # report an error in its setting before the act
    found, over_at = asyncio.run(_found(settings, end))
    say_store(settings, quiet=as_json)
    if as_json:
        write_json([{name: asdict(one)[name] for name in SHOWN} for one in found])
    elif end is None:
        rows = zip(found, over_at, strict=True)
        write_table(
            COLUMNS, [(one.id, one.name, when(one.made_at), when(one.used_at), when(at)) for one, at in rows]
        )
    else:
        typer.echo("\n".join(f"the session {one.id} of {one.name} has ended" for one in found))


async def _found(settings: Settings, end: str | None) -> tuple[Sequence[Session], Sequence[int]]:
    """Return the open sessions, or those that were ended now, and when each expires. Raises: BatonError."""
    async with open_store(settings.worker.store) as store:
        known = Sessions(store, SystemClock(), settings.access)
        found = await known.still_open()
        if end is not None:
            found = [one for one in found if end in {one.id, one.name}]
            if not found:
                raise BatonError(
                    f"no open session has the id {end}, and no operator of this name is signed in"
                )
            for one in found:
                await _end(settings, known, one)
        return found, [known.over_at(one) for one in found]


async def _end(settings: Settings, known: Sessions, session: Session) -> None:
    by = name_of(None)
    await known.end(session, by=by)
    security_log(settings).tell(Happened.SESSION_ENDED, by, operator=session.name, session=session.id)
