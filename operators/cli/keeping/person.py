"""`baton person`, `forget` and `legal-hold`: what is stored about a caller, and for how long."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from clock import SystemClock
from errors import BadInput, BatonError
from operators.acts.keeping import Forgotten, end_legal_hold, put_legal_hold
from operators.acts.keeping import forget as forget_caller
from operators.auth.security_log import Happened
from operators.cli.act_context import By, CallArgument, name_of, security_log
from operators.cli.calls import AsJson, show_call
from operators.cli.lookup import asked, whole_id
from operators.cli.output import write_json
from operators.person.archive import archive
from operators.person.find import calls_of
from operators.person.record import record_of
from operators.recordings import sounds_of
from persistence.contract.store import Store
from persistence.records import Call, CallId
from settings import Settings

Who = Annotated[
    str,
    typer.Argument(metavar="NUMBER", help="The caller's telephone number, or their identity in LiveKit."),
]


def export_person(
    who: Who,
    to: Annotated[
        Path | None, typer.Option("--to", help="The file to write. Default: person-DATE.zip in this folder.")
    ] = None,
) -> None:
    """Write everything stored about one caller into a ZIP: a page to read, tables, and each call as JSON."""
    at = SystemClock().now_ms()
    place = to or Path(f"person-{datetime.fromtimestamp(at / 1000, tz=UTC):%Y-%m-%d-%H%M%S}.zip")

    async def gather(store: Store) -> tuple[int, bytes]:
        calls = await calls_of(store, who, number_key=_number_key())
        records = [await record_of(store, call) for call in calls]
        sounds = await sounds_of(Settings().recording, records, now=at)
        return len(records), archive(who, records, sounds, at=at)

    log = security_log(Settings())
    count, content = asked(gather)
    if not count:
        raise BatonError("nothing is stored about this caller")
    log.tell(Happened.EXPORT, name_of(None), of="person", calls=count)
    _write(place, content)
    typer.echo(f"{count} calls are in {place}, which holds personal data: only you can read it")


def forget_person(
    who: Who,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask first.")] = False,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Remove what one caller said, and who they are, from all their calls. This cannot be undone.

    Counts, outcomes, times and figures stay. Calls that are open or under legal hold stay complete; the exit
    code is then 1.
    """
    if not yes and sys.stdin.isatty():
        typer.confirm(
            "Remove everything stored about this caller? It cannot be undone.", abort=True, err=True
        )
    url, at = Settings().worker.store, SystemClock().now_ms()

    async def act(store: Store) -> Forgotten:
        return await forget_caller(
            store,
            url,
            who,
            recording=Settings().recording,
            number_key=_number_key(),
            by=name_of(by),
            at=at,
        )

    log = security_log(Settings())
    done = asked(act, read_only=False, quiet=as_json)
    log.tell(Happened.ERASURE, name_of(by), calls=done.forgotten)
    if as_json:
        write_json(done)
    else:
        _tell(done)
    if not done.is_whole:
        raise typer.Exit(1)


def legal_hold(
    call: CallArgument,
    end: Annotated[bool, typer.Option("--end", help="End the legal hold.")] = False,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Keep everything of a call until the legal hold ends: neither the purge nor `forget` touches it."""

    async def act(store: Store) -> Call:
        found = CallId(await whole_id(store, call))
        change = end_legal_hold if end else put_legal_hold
        return await change(store, found, by=name_of(by), at=SystemClock().now_ms())

    show_call(asked(act, read_only=False, quiet=as_json), as_json=as_json)


def _number_key() -> str | None:
    key = Settings().keeping.number_key
    return key.get_secret_value() if key else None


def _write(place: Path, content: bytes) -> None:
    try:
        with open(place, "xb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write(content)
    except FileExistsError as error:
        raise BadInput("--to", f"{place} exists already", "name a new file") from error
    except OSError as error:
        raise BadInput(
            "--to", f"{place} cannot be written ({error.strerror})", "name another file"
        ) from error


def _tell(done: Forgotten) -> None:
    typer.echo(f"{done.forgotten} calls were forgotten")
    for call in done.open:
        typer.echo(f"{call} is open: forget the caller again when it is over")
    for call in done.on_legal_hold:
        typer.echo(f"{call} is under legal hold: baton legal-hold {call} --end")
    if done.remains:
        typer.echo(f"what remains: {done.remains}")
