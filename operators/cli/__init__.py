"""The `baton` command: what happened in calls and handoffs, and whether all is well."""

from __future__ import annotations

from collections.abc import Callable

import typer

from operators.cli.calls import list_calls
from operators.cli.doctor import doctor
from operators.cli.errors import OneLineErrors
from operators.cli.handoffs import list_handoffs
from operators.cli.show import show_one

COMMANDS: dict[str, Callable[..., None]] = {
    "calls": list_calls,
    "handoffs": list_handoffs,
    "show": show_one,
    "doctor": doctor,
}

app = typer.Typer(
    cls=OneLineErrors,
    help="Baton passes a caller from one voice agent to another, warm.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for _name, _command in COMMANDS.items():
    app.command(_name)(_command)


def main() -> None:
    app()
