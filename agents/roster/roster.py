"""All roles of one folder, read and checked together. Every error is one line that names file and line."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from agents.roster.markdown_file import RosterFile, read_prompt, read_roster_file
from agents.roster.role import LastTurns, MaxCalls, Role, RoleFields, whole
from agents.roster.shared_prompts import House, HouseFields, HouseLines
from errors import BadInput
from persistence.records import RoleName

__all__ = ["House", "HouseLines", "LastTurns", "MaxCalls", "Role", "Roster", "load_roster"]

HOUSE, SUMMARY, SCREENING = "house.md", "summary.md", "screening.md"


@dataclass(frozen=True, slots=True)
class Roster:
    """Who can take calls here, and what they all have in common."""

    roles: Mapping[RoleName, Role]
    house: House
    summary_prompt: str
    screening_prompt: str
    role_models: Mapping[str, str]  # the models that roles ask for themselves, by file:line

    @property
    def names(self) -> tuple[RoleName, ...]:
        return tuple(self.roles)

    def role(self, name: str, *, asked_by: str = "role") -> Role:
        """One role; `asked_by` is who names it, such as BATON_FIRST_ROLE. Raises: BadInput."""
        role = self.roles.get(RoleName(name))
        if role is None:
            raise BadInput(asked_by, f"unknown role {name!r}", f"use one of {', '.join(self.names)}")
        return role


def load_roster(folder: Path, *, voices: Collection[str]) -> Roster:
    """Read a folder: a Markdown file a role, and house.md, summary.md, screening.md. Raises: BadInput."""
    if not folder.is_dir():
        right = "set BATON_ROSTER_FOLDER to a folder with one Markdown file a role"
        raise BadInput(str(folder), "is no folder", right)
    house_file = read_roster_file(folder / HOUSE)
    common = house_file.checked(HouseFields)
    house = House(common.lines, common.tools, common.notes, house_file.needs_body())
    found = _role_files(folder)
    for file, fields in found.values():
        _check_voice(file, fields, voices)
        _check_targets(file, fields, list(found))
    return Roster(
        {RoleName(name): whole(fields, house, file.needs_body()) for name, (file, fields) in found.items()},
        house,
        summary_prompt=read_prompt(folder / SUMMARY),
        screening_prompt=read_prompt(folder / SCREENING),
        role_models={file.where(("model",)): fields.model for file, fields in found.values() if fields.model},
    )


def _role_files(folder: Path) -> dict[str, tuple[RosterFile, RoleFields]]:
    """Each role's file and its front matter, in the order of file names. Raises: BadInput."""
    found: dict[str, tuple[RosterFile, RoleFields]] = {}
    for path in sorted(folder.glob("*.md")):
        if path.name in {HOUSE, SUMMARY, SCREENING}:
            continue
        file = read_roster_file(path)
        fields = file.checked(RoleFields)
        if fields.role in found:
            wrong = f"role {fields.role} is already in {found[fields.role][0].path}"
            raise file.bad(["role"], wrong, "give this one another name, or remove one of the two")
        found[fields.role] = file, fields
    if not found:
        raise BadInput(str(folder), "has no role", "put a Markdown file there, such as front-desk.md")
    return found


def _check_voice(file: RosterFile, fields: RoleFields, voices: Collection[str]) -> None:
    if fields.voice not in voices:
        right = f"write one of {', '.join(voices)}"
        raise file.bad(["voice"], f"unknown voice {fields.voice!r}", right)


def _check_targets(file: RosterFile, fields: RoleFields, names: Collection[str]) -> None:
    others = [name for name in names if name != fields.role]
    right = f"write some of {', '.join(others)}" if others else "leave it out"
    for number, target in enumerate(fields.transfers_to):
        place = ("transfers_to", number)
        if target == fields.role:
            raise file.bad(place, f"transfers_to names {target} itself", right)
        if target not in others:
            raise file.bad(place, f"transfers_to names the unknown role {target!r}", right)
        if target in fields.transfers_to[:number]:
            raise file.bad(place, f"transfers_to names {target} twice", right)
    if "transfer_call" in (fields.tools or ()) and not fields.transfers_to:
        raise file.bad(["tools"], "transfer_call has nobody to hand over to", "write transfers_to as well")
