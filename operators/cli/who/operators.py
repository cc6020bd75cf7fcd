"""`baton operators`: manages access to the console and the API."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Annotated, TypeVar

import typer

from clock import SystemClock
from errors import BatonError
from operators.auth.access import add_operator, renew_operator
from operators.auth.security_log import Happened
from operators.cli.act_context import name_of, security_log
from operators.cli.calls import AsJson
from operators.cli.lookup import say_store
from operators.cli.output import local_ms, when, write_json, write_table
from operators.cli.who.rights import rights_of, written
from operators.cli.who.sessions import sessions
from persistence.access import Operator
from persistence.contract.store import Store
from persistence.engines import migrate, open_store
from settings import Settings

T = TypeVar("T")
COLUMNS = ("name", "rights", "made", "expires", "revoked")
SHOWN = ("name", "rights", "made_at", "expires_at", "revoked_at")  # without the token's hash

app = typer.Typer(
    help="Manage who may watch calls and act on them in the console and the API.", no_args_is_help=True
)
app.command("sessions")(sessions)

Name = Annotated[
    str, typer.Argument(metavar="NAME", help="The operator's name, which appears in the events.")
]
Expires = Annotated[datetime | None, typer.Option("--expires", help="Local time at which the token expires.")]


@app.command("add")
def add(
    name: Name,
    rights: Annotated[
        str,
        typer.Option(
            "--rights",
            help="What the token holds, joined by commas: metrics, read, listen, coach, barge, take-over, "
            "act, data, desk.",
        ),
    ] = "read,listen",
    expires: Expires = None,
    as_json: AsJson = False,
) -> None:
    """Create an operator and print the token. It is printed only once and stored nowhere."""
    held, until = rights_of(rights), _future(expires)

    async def act(store: Store) -> str:
        return await add_operator(store, name, held, SystemClock(), expires_at=until)

    token = _with_store(act, quiet=as_json, make=True)
    _tell(name, "added", rights=written(held))
    _show(token, {"name": name, "rights": sorted(held), "token": token} if as_json else None)


@app.command("renew")
def renew(
    name: Name,
    rights: Annotated[
        str | None, typer.Option("--rights", help="What the new token holds. Default: what the old one did.")
    ] = None,
    expires: Expires = None,
    as_json: AsJson = False,
) -> None:
    """Print a new token for an operator. The old one ends, and so do the sessions that began with it."""
    held, until = None if rights is None else rights_of(rights), _future(expires)

    async def act(store: Store) -> str:
        return await renew_operator(store, name, rights=held, expires_at=until)

    token = _with_store(act, quiet=as_json)
    _tell(name, "renewed", rights=None if held is None else written(held))
    _show(token, {"name": name, "token": token} if as_json else None)


@app.command("list")
def list_all(as_json: AsJson = False) -> None:
    """List operators by name, including revoked ones."""

    async def question(store: Store) -> Sequence[Operator]:
        return await store.operators()

    found = _with_store(question, quiet=as_json)
    if as_json:
        write_json(
            [{**{name: getattr(one, name) for name in SHOWN}, "rights": sorted(one.rights)} for one in found]
        )
    else:
        write_table(COLUMNS, [_row(one) for one in found])


@app.command("revoke")
def revoke(name: Name) -> None:
    """Revoke an operator's token, for good. Open pages and listeners lose access within seconds."""

    async def act(store: Store) -> None:
        if not await store.revoke_operator(name, at=SystemClock().now_ms()):
            raise BatonError(f"no operator called {name} has a valid token")

    _with_store(act)
    _tell(name, "revoked")
    typer.echo(f"the token of {name} is revoked")


def _row(one: Operator) -> tuple[str, ...]:
    expires = "never" if one.expires_at is None else when(one.expires_at)
    return (one.name, written(one.rights), when(one.made_at), expires, when(one.revoked_at))


def _future(expires: datetime | None) -> int | None:
    at = local_ms(expires)
    if at is not None and at <= SystemClock().now_ms():
        raise typer.BadParameter("--expires should be a time in the future")
    return at


def _show(token: str, facts: dict[str, object] | None) -> None:
    if facts is None:
        typer.echo(token)
    else:
        write_json(facts)


def _tell(name: str, what: str, *, rights: str | None = None) -> None:
    security_log(Settings()).tell(Happened.RIGHTS, name_of(None), operator=name, what=what, rights=rights)


def _with_store(act: Callable[[Store], Awaitable[T]], *, quiet: bool = False, make: bool = False) -> T:
    """Run `act` on the configured store, and say which it is unless `quiet`. Raises: BadInput, StoreError.

    `make`: create the store if it is missing.
    """

    async def run() -> T:
        settings = Settings()
        security_log(settings)  # report an error in its setting before the act
        if make:
            await asyncio.to_thread(migrate, settings.worker.store)
        async with open_store(settings.worker.store) as store:
            answer = await act(store)
        say_store(settings, quiet=quiet)
        return answer

    return asyncio.run(run())
