"""`baton say`, `ask`, `note`, `keys`, `hold`, `resume`, `end`, `start`, and `called-back`: acts on a call."""

from __future__ import annotations

from typing import Annotated

import typer

from clock import SystemClock
from operators.acts import (
    ActContext,
    ask_holder,
    hold,
    mark_called_back,
    press_keys,
    resume,
    start_agent,
)
from operators.cli.act_context import By, CallArgument, Key, acted, call_id, name_of
from operators.cli.calls import AsJson, show_call
from operators.cli.lookup import asked, whole_id
from operators.cli.output import when, write_json, write_table
from persistence.contract.store import Store
from persistence.records import Call, CallId, OperatorRequest, RequestKind, RequestState, RoleName
from transfer.keys_protocol import Leg

COLUMNS = ("request", "kind", "call", "room", "state", "requested", "by", "reason")

Words = Annotated[str, typer.Argument(metavar="WORDS", help="Plain words, without markup.")]


def say_words(
    call: CallArgument, words: Words, key: Key = None, by: By = None, as_json: AsJson = False
) -> None:
    """Have the agent say a line to the caller."""
    _ask(call, RequestKind.SAY, words, key, by, as_json=as_json)


def ask_words(
    call: CallArgument, words: Words, key: Key = None, by: By = None, as_json: AsJson = False
) -> None:
    """Have the agent answer a question as if the caller had asked it."""
    _ask(call, RequestKind.ASK, words, key, by, as_json=as_json)


def note_words(
    call: CallArgument, words: Words, key: Key = None, by: By = None, as_json: AsJson = False
) -> None:
    """Give the agent a private note, which it knows from then on."""
    _ask(call, RequestKind.NOTE, words, key, by, as_json=as_json)


def press_one(
    call: CallArgument,
    to: Annotated[Leg, typer.Option(help="Whose telephone: the caller's, or the called person's.")],
    keys: Annotated[
        str,
        typer.Option(
            prompt="Keys", hide_input=True, help="The keys. Without it, you are asked for them, unseen."
        ),
    ],
    key: Key = None,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Press keys for one telephone of a call, such as for a menu. Only the outcome is recorded."""

    async def act(context: ActContext) -> OperatorRequest:
        found = await call_id(context, call)
        return await press_keys(context, found, keys, to, by=name_of(by), key=key)

    _show(acted(act, quiet=as_json), as_json=as_json)


def hold_one(call: CallArgument, by: By = None, as_json: AsJson = False) -> None:
    """Put a caller on hold, with music. Then: `baton resume`, `baton handoff` or `baton end`."""

    async def act(context: ActContext) -> Call:
        return await hold(context, await call_id(context, call), by=name_of(by))

    show_call(acted(act, quiet=as_json), as_json=as_json)


def resume_one(call: CallArgument, by: By = None, as_json: AsJson = False) -> None:
    """Take a caller off hold: the agent talks with them again."""

    async def act(context: ActContext) -> Call:
        return await resume(context, await call_id(context, call), by=name_of(by))

    show_call(acted(act, quiet=as_json), as_json=as_json)


def end_one(call: CallArgument, key: Key = None, by: By = None, as_json: AsJson = False) -> None:
    """End a call: the agent says goodbye, and the room is closed."""
    _ask(call, RequestKind.END, "", key, by, as_json=as_json)


def start_one(
    room: Annotated[str, typer.Argument(metavar="ROOM", help="The room's name.")],
    role: Annotated[str, typer.Argument(metavar="ROLE", help="The role of the agent.")],
    key: Key = None,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Start an agent in a room, where it waits for a caller.

    Exit code 1: livekit-server did not start it; the request's reason says why.
    """

    async def act(context: ActContext) -> OperatorRequest:
        return await start_agent(context, room, RoleName(role), by=name_of(by), key=key)

    request = acted(act, quiet=as_json)
    _show(request, as_json=as_json)
    if request.state is RequestState.FAILED:
        raise typer.Exit(1)


def called_back_one(call: CallArgument, by: By = None, as_json: AsJson = False) -> None:
    """Record that you have called a caller back."""

    async def act(store: Store) -> Call:
        found = CallId(await whole_id(store, call))
        return await mark_called_back(store, found, by=name_of(by), at=SystemClock().now_ms())

    show_call(asked(act, read_only=False, quiet=as_json), as_json=as_json)


def _ask(call: str, kind: RequestKind, words: str, key: str | None, by: str | None, *, as_json: bool) -> None:
    async def act(context: ActContext) -> OperatorRequest:
        found = await call_id(context, call)
        return await ask_holder(context, found, kind, words, by=name_of(by), key=key)

    _show(acted(act, quiet=as_json), as_json=as_json)


def _show(request: OperatorRequest, *, as_json: bool) -> None:
    if as_json:
        write_json(request)
        return
    row = (
        request.id,
        request.kind,
        request.call_id,
        request.room,
        request.state,
        when(request.requested_at),
        request.requested_by,
        request.reason,
    )
    write_table(COLUMNS, [row])
