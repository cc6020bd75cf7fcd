"""`baton handoff`, `approve`, `cancel`, `redirect`, `take-back`: what an operator does about handoffs."""

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
from persistence.records import Completes, Handoff, RoleName

Target = Annotated[str, typer.Argument(metavar="ROLE", help="The role that shall take the call.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; the target is told, the caller is not.")]
WhyNot = Annotated[str, typer.Option("--reason", help="Why; kept with the handoff.")]


def hand_over(
    call: CallArgument,
    target: Target,
    reason: Reason,
    note: Annotated[str, typer.Option("--note", help="Own words for the brief; the caller hears none.")] = "",
    completes: Annotated[
        Completes, typer.Option("--complete", help="auto, or operator: it then waits for `baton approve`.")
    ] = Completes.AUTO,
    key: Key = None,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Hand a call over to another role, warm."""

    async def act(context: ActContext) -> Handoff:
        handoff, _ = await start_handoff(
            context,
            await call_id(context, call),
            RoleName(target),
            reason=reason,
            by=name_of(by),
            note=note,
            completes=completes,
            key=key,
        )
        return handoff

    _show(acted(act), as_json=as_json)


def take_back_one(
    call: CallArgument,
    role: Annotated[
        str | None, typer.Argument(metavar="ROLE", help="Which earlier holder; without it, the latest.")
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

    _show(acted(act), as_json=as_json)


def approve_one(handoff: HandoffArgument, by: By = None, as_json: AsJson = False) -> None:
    """Let an accepted target take over, where the handoff waits for that."""

    async def act(context: ActContext) -> Handoff:
        return await approve(context, await handoff_id(context, handoff), by=name_of(by))

    _show(acted(act), as_json=as_json)


def cancel_one(handoff: HandoffArgument, reason: WhyNot = "", by: By = None, as_json: AsJson = False) -> None:
    """Take a handoff back; the caller stays with whoever holds the call."""

    async def act(context: ActContext) -> Handoff:
        return await cancel(context, await handoff_id(context, handoff), by=name_of(by), reason=reason)

    _show(acted(act), as_json=as_json)


def redirect_one(handoff: HandoffArgument, target: Target, by: By = None, as_json: AsJson = False) -> None:
    """Send an open handoff to another role."""

    async def act(context: ActContext) -> Handoff:
        found = await handoff_id(context, handoff)
        return await redirect(context, found, RoleName(target), by=name_of(by))

    _show(acted(act), as_json=as_json)


def _show(handoff: Handoff, *, as_json: bool) -> None:
    if as_json:
        write_json(handoff)
    else:
        write_table(COLUMNS, [row_of(handoff)])
