"""Every field of the roster's files, with its meaning and its default.

`python -m agents.roster.fields` prints the tables of docs/roster.md; a test compares the two.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from agents.roster.keys import KeysEntry
from agents.roster.markdown_file import group_in
from agents.roster.people import PEOPLE, PersonEntry
from agents.roster.role import RoleFields
from agents.roster.shared_prompts import HouseFields, RoleLines

NEEDED = "needed"
HOUSES = "house.md's"


@dataclass(frozen=True, slots=True)
class FieldMeaning:
    """`name`: dotted, such as lines.hold. `default`: as it would be written, or NEEDED, or HOUSES."""

    file: str
    name: str
    default: str
    meaning: str


def all_fields() -> list[FieldMeaning]:
    """Return the fields of a role's file, then of house.md and people.md, in the order of the models."""
    return [
        *_fields("ROLE.md", RoleFields),
        *(replace(field, name=f"keys[].{field.name}") for field in _fields("ROLE.md", KeysEntry)),
        *_fields("house.md", HouseFields),
        *(replace(field, name=f"people[].{field.name}") for field in _fields(PEOPLE, PersonEntry)),
    ]


def _fields(file: str, model: type[BaseModel], inside: str = "") -> Iterator[FieldMeaning]:
    for name, info in model.model_fields.items():
        nested = group_in(info)
        if nested is RoleLines:
            yield FieldMeaning(file, f"{name}.NAME", HOUSES, info.description or "")
        elif nested is None:
            yield FieldMeaning(file, inside + name, _default(info), info.description or "")
        else:
            yield from _fields(file, nested, f"{inside}{name}.")


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return NEEDED
    value = info.get_default(call_default_factory=True)
    if isinstance(value, tuple):
        return f"[{', '.join(value)}]" if value else "none"
    return "none" if value is None else str(value)


def tables() -> str:
    """Return the tables of docs/roster.md."""
    parts = []
    titles = {"ROLE.md": "## A role's fields", "house.md": "## The fields of house.md"}
    for file, title in {**titles, PEOPLE: f"## The fields of {PEOPLE}"}.items():
        rows = [field for field in all_fields() if field.file == file]
        lines = [f"| `{row.name}` | {_cell(row.meaning)} | {_cell(_code(row.default))} |" for row in rows]
        parts.append("\n".join([title, "| field | meaning | default |", "|---|---|---|", *lines, ""]))
    return "\n".join(parts)


def _code(default: str) -> str:
    return default if default in {NEEDED, HOUSES, "none"} else f"`{default}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(tables())
