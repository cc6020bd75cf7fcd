"""`baton handoff`, `approve`, `cancel`, `redirect`, `take-back`: acts on handoffs."""

from __future__ import annotations

from typing import Annotated

import typer

from operators.acts import ActContext, approve, cancel, redirect, start_handoff, take_back
from operators.cli.act_context import (
    By,
    CallArgument,
    HandoffArgument,
    Key,
    acted,
    call_id,
    handoff_id,
    name_of,
)
from operators.cli.calls import AsJson
from operators.cli.handoffs import COLUMNS, row_of
from operators.cli.output import write_json, write_table
from persistence.people import Person
from persistence.records import Completes, Handoff, RoleName

Target = Annotated[str, typer.Argument(metavar="ROLE", help="The role that takes over the call.")]
Reason = Annotated[str, typer.Option("--reason", help="Why. The target hears it, the caller does not.")]
WhyNot = Annotated[str, typer.Option("--reason", help="Why. Stored with the handoff.")]


def hand_over(
    call: CallArgument,
    target: Target,
    reason: Reason,
    note: Annotated[str, typer.Option("--note", help="A private note for the target.")] = "",
    person: Annotated[
        str | None, typer.Option("--person", help="Ring only this one of the role's people.")
    ] = None,
    completes: Annotated[
        Completes, typer.Option("--complete", help="auto, or operator: wait for `baton approve` first.")
    ] = Completes.AUTO,
    key: Key = None,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Start a warm handoff to another role."""

    async def act(context: ActContext) -> Handoff:
        handoff, _ = await start_handoff(
            context,
            await call_id(context, call),
            RoleName(target),
            reason=reason,
            by=name_of(by),
            note=note,
            completes=completes,
            person=Person(person) if person else None,
            key=key,
        )
        return handoff

    _show(acted(act, quiet=as_json), as_json=as_json)


def take_back_one(
    call: CallArgument,
    role: Annotated[
        str | None,
        typer.Argument(metavar="ROLE", help="An earlier holder of the call. Default: the latest one."),
    ] = None,
    reason: WhyNot = "the call is taken back",
    key: Key = None,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Hand a call back to a role that held it before."""

    async def act(context: ActContext) -> Handoff:
        earlier = RoleName(role) if role else None
        found = await call_id(context, call)
        handoff, _ = await take_back(context, found, earlier, reason=reason, by=name_of(by), key=key)
        return handoff

    _show(acted(act, quiet=as_json), as_json=as_json)


def approve_one(handoff: HandoffArgument, by: By = None, as_json: AsJson = False) -> None:
    """Approve an accepted handoff, so that the target takes over."""

    async def act(context: ActContext) -> Handoff:
        return await approve(context, await handoff_id(context, handoff), by=name_of(by))

    _show(acted(act, quiet=as_json), as_json=as_json)


def cancel_one(handoff: HandoffArgument, reason: WhyNot = "", by: By = None, as_json: AsJson = False) -> None:
    """Cancel a handoff. The caller stays with the current holder."""

    async def act(context: ActContext) -> Handoff:
        return await cancel(context, await handoff_id(context, handoff), by=name_of(by), reason=reason)

    _show(acted(act, quiet=as_json), as_json=as_json)


def redirect_one(
    handoff: HandoffArgument,
    target: Target,
    reason: Annotated[
        str, typer.Option("--reason", help="Why. The new target hears it. Default: the handoff's reason.")
    ] = "",
    note: Annotated[str, typer.Option("--note", help="A private note for the new target.")] = "",
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Redirect an open handoff to another role."""

    async def act(context: ActContext) -> Handoff:
        found = await handoff_id(context, handoff)
        return await redirect(context, found, RoleName(target), by=name_of(by), reason=reason, note=note)

    _show(acted(act, quiet=as_json), as_json=as_json)


def _show(handoff: Handoff, *, as_json: bool) -> None:
    if as_json:
        write_json(handoff)
    else:
        write_table(COLUMNS, [row_of(handoff)])
