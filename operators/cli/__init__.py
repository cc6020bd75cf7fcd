"""The `baton` command: watches calls, acts on them, and checks the installation."""

from __future__ import annotations

import typer

from operators.cli.commands import Commands
from operators.cli.lookup import join_dev_stack
from private_files import write_for_us_alone

app = typer.Typer(
    cls=Commands,
    help="Baton hands a caller over from one voice agent to another, warm.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.callback()(join_dev_stack)


def main() -> None:
    write_for_us_alone()
    app()
