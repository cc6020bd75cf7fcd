"""`baton`'s commands by name. Each is imported when it is called: importing all takes two seconds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

import typer
from typer.main import get_group

from operators.cli.errors import OneLineErrors

COMMANDS = {
    "calls": "calls.list_calls",
    "handoffs": "handoffs.list_handoffs",
    "show": "show.show_one",
    "watch": "watch.watch_events",
    "export": "export.export_handoffs",
    "token": "token.make_token",
    "handoff": "handoff_acts.hand_over",
    "approve": "handoff_acts.approve_one",
    "cancel": "handoff_acts.cancel_one",
    "redirect": "handoff_acts.redirect_one",
    "take-back": "handoff_acts.take_back_one",
    "say": "call_acts.say_words",
    "ask": "call_acts.ask_words",
    "note": "call_acts.note_words",
    "keys": "call_acts.press_one",
    "hold": "call_acts.hold_one",
    "resume": "call_acts.resume_one",
    "end": "call_acts.end_one",
    "start": "call_acts.start_one",
    "called-back": "call_acts.called_back_one",
    "legal-hold": "keeping.person.legal_hold",
    "person": "keeping.person.export_person",
    "forget": "keeping.person.forget_person",
    "roster": "roster.show_roster",
    "serve": "serve.serve",
    "doctor": "doctor.doctor",
    "operators": "who.operators.app",
    "knowledge": "try_out.knowledge.app",
    "tool": "try_out.tool.app",
    "store": "store.app",
    "phone": "phone.app",
}
"""Where each command is in this package: a function, or an app with commands of its own."""


class Commands(OneLineErrors):
    """The group of all `baton` commands."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{**settings, "commands": _Imported()})

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)


class _Imported(Mapping[str, Any]):
    """Commands by name, imported on access. Typer has no public name for the class of a command."""

    def __getitem__(self, name: str) -> Any:
        module, _, what = COMMANDS[name].rpartition(".")
        found = getattr(import_module(f"operators.cli.{module}"), what)
        app = typer.Typer()
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=name)
        else:
            app.command(name)(found)
        return get_group(app).commands[name]

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)
