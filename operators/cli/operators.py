"""`baton operators`: manages access to the console and the API."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, TypeVar

import typer

from clock import SystemClock
from errors import BatonError
from operators.auth.access import add_operator
from operators.cli.calls import AsJson
from operators.cli.lookup import say_store
from operators.cli.output import when, write_json, write_table
from persistence.contract.store import Store
from persistence.engines import migrate, open_store
from persistence.records import Operator, OperatorRole
from settings import Settings

T = TypeVar("T")
COLUMNS = ("name", "role", "made", "revoked")
SHOWN = ("name", "role", "made_at", "revoked_at")  # without the token's hash

app = typer.Typer(
    help="Manage who may watch calls and act on them in the console and the API.", no_args_is_help=True
)

Name = Annotated[
    str, typer.Argument(metavar="NAME", help="The operator's name, which appears in the events.")
]


@app.command("add")
def add(
    name: Name,
    role: Annotated[
        OperatorRole, typer.Option("--role", help="viewer: may watch; operator: may also act.")
    ] = OperatorRole.VIEWER,
    as_json: AsJson = False,
) -> None:
    """Create an operator and print the token. It is printed only once and stored nowhere."""

    async def act(store: Store) -> str:
        return await add_operator(store, name, role, SystemClock())

    token = _with_store(act, quiet=as_json, make=True)
    if as_json:
        write_json({"name": name, "role": role, "token": token})
    else:
        typer.echo(token)


@app.command("list")
def list_all(as_json: AsJson = False) -> None:
    """List operators by name, including revoked ones."""

    async def question(store: Store) -> Sequence[Operator]:
        return await store.operators()

    found = _with_store(question, quiet=as_json)
    if as_json:
        write_json([{name: getattr(one, name) for name in SHOWN} for one in found])
    else:
        write_table(COLUMNS, [(one.name, one.role, when(one.made_at), when(one.revoked_at)) for one in found])


@app.command("revoke")
def revoke(name: Name) -> None:
    """Revoke an operator's token. Open pages lose access within seconds."""

    async def act(store: Store) -> None:
        if not await store.revoke_operator(name, at=SystemClock().now_ms()):
            raise BatonError(f"no operator called {name} has a valid token")

    _with_store(act)
    typer.echo(f"the token of {name} is revoked")


def _with_store(act: Callable[[Store], Awaitable[T]], *, quiet: bool = False, make: bool = False) -> T:
    """Run on the configured store, and say which it is unless `quiet`. Raises: BadInput, StoreError.

    `make`: create the store if it is missing.
    """

    async def run() -> T:
        settings = Settings()
        if make:
            await asyncio.to_thread(migrate, settings.worker.store)
        async with open_store(settings.worker.store) as store:
            answer = await act(store)
        say_store(settings, quiet=quiet)
        return answer

    return asyncio.run(run())
