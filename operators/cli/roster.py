"""`baton roster`: the roles, their targets, and every field of their files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated

import typer
from pydantic import BaseModel
from rich.text import Text
from rich.tree import Tree

from agents.roster.fields import all_fields
from agents.roster.role import Role
from agents.roster.roster import Roster, load_roster, unread_files
from operators.cli.calls import AsJson
from operators.cli.output import clean, console, write_json, write_table
from settings import Settings

COLUMNS = ("role", "name", "voice", "transfers_to", "accepts", "told", "answers calls")


def show_roster(
    as_json: AsJson = False,
    fields: Annotated[
        bool, typer.Option("--fields", help="Show every field with its meaning and default instead.")
    ] = False,
) -> None:
    """Show the roles and who hands over to whom, or every mistake in their files.

    Exit code 2: a file of the roster, or a setting that names a role, is wrong.
    """
    if fields:
        _show_fields(as_json=as_json)
        return
    settings = Settings()
    folder = settings.worker.roster_folder
    roster = load_roster(folder, voices=settings.groq.voices.split())
    first = roster.first_role(settings.call)
    if settings.recovery.fallback_role is not None:
        roster.models_role(settings.recovery.fallback_role, asked_by="BATON_FALLBACK_ROLE")
    unread = unread_files(folder)
    if as_json:
        roles = [_object(role, first=first) for role in roster.roles.values()]
        write_json({"folder": str(folder.absolute()), "roles": roles, "not_read": unread})
    elif console.is_terminal:
        console.print(Text(str(folder.absolute()), style="dim"), soft_wrap=True)
        console.print(_picture(roster, first))
        for note in _notes(roster, first, unread):
            console.print(Text(clean(note), style="yellow"), soft_wrap=True)
    else:
        write_table(COLUMNS, [_row(role, first=first) for role in roster.roles.values()])


def _show_fields(*, as_json: bool) -> None:
    found = all_fields()
    if as_json:
        write_json([asdict(field) for field in found])
    else:
        rows = [(field.file, field.name, field.meaning, field.default) for field in found]
        write_table(("file", "field", "meaning", "default"), rows)


def _object(role: Role, *, first: Role) -> dict[str, object]:
    """Return the role's effective fields, including defaults."""
    shown = role.model_dump(mode="json", exclude={"instructions", "targets"})
    return {**shown, "answers_calls": role.id == first.id}


def _row(role: Role, *, first: Role) -> tuple[object, ...]:
    told = (_form(role.accepts), _form(role.told), "yes" if role.id == first.id else "")
    return (role.id, role.name, role.voice, " ".join(role.transfers_to), *told)


def _form(value: str | BaseModel) -> str:
    """Return the value as written in the file, such as {max_calls: 3}."""
    if isinstance(value, str):
        return value
    return f"{{{', '.join(f'{name}: {number}' for name, number in value)}}}"


def _picture(roster: Roster, first: Role) -> Tree:
    """Return a tree of the roles, each with its targets below it; the first role is on top."""
    picture = Tree("", hide_root=True)
    for role in sorted(roster.roles.values(), key=lambda role: role.id != first.id):
        branch = picture.add(_title(role, answers=role.id == first.id))
        for target, name in role.targets.items():
            branch.add(Text.assemble("hands over to ", (target, "bold"), f"  {clean(name)}"))
    return picture


def _title(role: Role, *, answers: bool) -> Text:
    title = Text.assemble((role.id, "bold"), f"  {clean(role.name)}", (f"  voice {role.voice}", "dim"))
    return title.append("  answers calls", style="green") if answers else title


def _notes(roster: Roster, first: Role, unread: list[str]) -> Iterator[str]:
    """Yield notes on what works but may not be intended."""
    reached = {first.id, *(target for role in roster.roles.values() for target in role.targets)}
    for role in roster.roles.values():
        if role.id not in reached:
            yield f"Nobody hands over to {role.id}: list it in another role's transfers_to."
    if len(roster.roles) > 1 and not first.targets:
        yield f"{first.id} answers calls, and hands over to nobody: give it transfers_to."
    if unread:
        yield f"Not read: {', '.join(unread)}."
