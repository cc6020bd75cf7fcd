"""`baton store`: moves a store from one engine to another."""

from __future__ import annotations

from typing import Annotated

import typer

from persistence.engines import copy as copy_store
from persistence.engines import where

app = typer.Typer(help="Move everything that Baton keeps to another database.", no_args_is_help=True)


@app.callback()
def _one_command_is_still_named() -> None:
    """Keep `copy` as a subcommand: without a callback, typer would make `baton store` the command itself."""


@app.command("copy")
def copy(
    source: Annotated[str, typer.Argument(metavar="FROM", help="Its address, as BATON_STORE has it.")],
    target: Annotated[str, typer.Argument(metavar="TO", help="An address that begins with postgresql://.")],
) -> None:
    """Copy a store from SQLite to Postgres, and compare every row. Stop the workers first.

    After an interruption, the same command continues where it stopped.
    """

    def told(table: str, done: int, total: int) -> None:
        typer.echo(f"{table}: {done:,} of {total:,}", err=True)

    rows = copy_store(source, target, told)
    typer.echo(f"{rows:,} rows are in {where(target)}, and equal to those in {where(source)}")
