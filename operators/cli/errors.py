"""How a command fails: one line to stderr. Exit code 2 for what a person wrote, 1 for all else."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

from errors import BadInput, BatonError, OutOfReach, StoreUnusable
from operators.cli.output import clean


class OneLineErrors(TyperGroup):
    """Turns Baton's own errors into their line, for every command; others stay as they are."""

    def invoke(self, ctx: Any) -> object:  # typer's own copy of click's Context, which it does not name
        try:
            return super().invoke(ctx)
        except BadInput as error:
            raise _ended(str(error), code=1 if isinstance(error, OutOfReach) else 2) from error
        except StoreUnusable as error:
            raise _ended(f"BATON_STORE_PATH: {error}", code=2) from error
        except BatonError as error:
            raise _ended(str(error), code=1) from error


def _ended(line: str, *, code: int) -> typer.Exit:
    typer.echo(clean(line), err=True)
    return typer.Exit(code)
