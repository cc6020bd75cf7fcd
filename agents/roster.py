"""All roles of one folder, read and checked together. Every error is one line that names file and line."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from agents.role import House, Lines, Role, RoleFields
from agents.roster_file import RosterFile, read_roster_file, read_text
from errors import BadInput
from persistence.records import RoleName

HOUSE, SUMMARY, SCREENING = "house.md", "summary.md", "screening.md"


@dataclass(frozen=True, slots=True)
class Roster:
    """Who can take calls here, and what they all have in common."""

    roles: Mapping[RoleName, Role]
    lines: Lines
    house: str  # the rules for every role
    summary_prompt: str
    screening_prompt: str

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
    """Read a folder: one Markdown file a role, and house.md, summary.md and screening.md. Raises: BadInput."""
    if not folder.is_dir():
        raise BadInput(
            str(folder), "is no folder", "set BATON_ROSTER_FOLDER to one with a Markdown file a role"
        )
    house_file = read_roster_file(folder / HOUSE)
    lines = house_file.checked(House).lines
    house = house_file.needs_body()
    files: dict[str, RosterFile] = {}
    fields: dict[str, RoleFields] = {}
    for path in sorted(folder.glob("*.md")):
        if path.name not in {HOUSE, SUMMARY, SCREENING}:
            file = read_roster_file(path)
            role = file.checked(RoleFields)
            if role.role in files:
                wrong = f"role {role.role} is already in {files[role.role].path}"
                raise file.bad(["role"], wrong, "give it another name, or remove one of the two")
            files[role.role], fields[role.role] = file, role
    if not files:
        raise BadInput(str(folder), "has no role", "put a Markdown file there, such as front-desk.md")
    for name, file in files.items():
        _check(file, fields[name], names=tuple(files), voices=voices)
    return Roster(
        roles={RoleName(name): _whole(files[name], fields[name], house, lines) for name in files},
        lines=lines,
        house=house,
        summary_prompt=read_text(folder / SUMMARY),
        screening_prompt=read_text(folder / SCREENING),
    )


def _check(file: RosterFile, role: RoleFields, *, names: Collection[str], voices: Collection[str]) -> None:
    """What one file cannot know by itself. Raises: BadInput."""
    if role.voice not in voices:
        raise file.bad(["voice"], f"unknown voice {role.voice!r}", f"write one of {', '.join(voices)}")
    others = [name for name in names if name != role.role]
    for place, target in enumerate(role.transfers_to):
        if target == role.role:
            right = "leave it out; a role cannot hand over to itself"
            raise file.bad(["transfers_to", place], f"transfers_to names {target} itself", right)
        if target not in others:
            right = f"write some of {', '.join(others)}" if others else "write []"
            raise file.bad(["transfers_to", place], f"transfers_to names an unknown role {target!r}", right)
        if target in role.transfers_to[:place]:
            raise file.bad(["transfers_to", place], f"transfers_to names {target} twice", "keep the first")
    if "transfer_call" in (role.tools or ()) and not role.transfers_to:
        raise file.bad(["tools"], "transfer_call has nobody to hand over to", "write transfers_to as well")


def _whole(file: RosterFile, role: RoleFields, house: str, lines: Lines) -> Role:
    instructions = f"{house}\n\nYour role: {role.role}\n\n{file.needs_body()}"
    return Role.model_validate(
        {**dict(role), "instructions": instructions, "opening_without_matter": lines.opening_without_matter}
    )
