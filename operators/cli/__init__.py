"""The `baton` command: watches calls, acts on them, and checks the installation."""

from __future__ import annotations

from collections.abc import Callable

import typer

from operators.cli.call_acts import (
    ask_words,
    called_back_one,
    end_one,
    hold_one,
    note_words,
    press_one,
    resume_one,
    say_words,
    start_one,
)
from operators.cli.calls import list_calls
from operators.cli.doctor import doctor
from operators.cli.errors import OneLineErrors
from operators.cli.export import export_handoffs
from operators.cli.handoff_acts import approve_one, cancel_one, hand_over, redirect_one, take_back_one
from operators.cli.handoffs import list_handoffs
from operators.cli.keeping.person import export_person, forget_person, legal_hold
from operators.cli.lookup import join_dev_stack
from operators.cli.phone import app as phone_app
from operators.cli.roster import show_roster
from operators.cli.serve import serve
from operators.cli.show import show_one
from operators.cli.store import app as store_app
from operators.cli.token import make_token
from operators.cli.tool import app as tool_app
from operators.cli.try_out.knowledge import app as knowledge_app
from operators.cli.watch import watch_events
from operators.cli.who.operators import app as operators_app
from private_files import write_for_us_alone

COMMANDS: dict[str, Callable[..., None]] = {
    "calls": list_calls,
    "handoffs": list_handoffs,
    "show": show_one,
    "watch": watch_events,
    "export": export_handoffs,
    "token": make_token,
    "handoff": hand_over,
    "approve": approve_one,
    "cancel": cancel_one,
    "redirect": redirect_one,
    "take-back": take_back_one,
    "say": say_words,
    "ask": ask_words,
    "note": note_words,
    "keys": press_one,
    "hold": hold_one,
    "resume": resume_one,
    "end": end_one,
    "start": start_one,
    "called-back": called_back_one,
    "legal-hold": legal_hold,
    "person": export_person,
    "forget": forget_person,
    "roster": show_roster,
    "serve": serve,
    "doctor": doctor,
}

app = typer.Typer(
    cls=OneLineErrors,
    help="Baton hands a caller over from one voice agent to another, warm.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.callback()(join_dev_stack)
for _name, _command in COMMANDS.items():
    app.command(_name)(_command)
app.add_typer(operators_app, name="operators")
app.add_typer(knowledge_app, name="knowledge")
app.add_typer(tool_app, name="tool")
app.add_typer(store_app, name="store")
app.add_typer(phone_app, name="phone")


def main() -> None:
    write_for_us_alone()
    app()
