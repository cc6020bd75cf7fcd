"""Reads and checks all roles of one folder. Every error is one line with file and line number."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

from agents.redaction.kinds import Kind
from agents.roster.desk import Desk
from agents.roster.documents import check_documents
from agents.roster.keys import KeysEntry, check_from_keys, hiding_keys, keys_of
from agents.roster.markdown_file import RosterFile, read_prompt, read_roster_file
from agents.roster.our_numbers import check_numbers
from agents.roster.people import (
    PEOPLE,
    People,
    check_circles,
    check_kind,
    desk_of,
    is_person,
    phones_of,
    read_people,
    with_defaults,
)
from agents.roster.phone import CallPlan
from agents.roster.role import ROLE_ID, LastTurns, MaxCalls, Role, RoleFields, whole
from agents.roster.shared_prompts import House, HouseFields, HouseLines
from agents.tools.fields import KINDS, ToolFields
from agents.tools.load import kind_of, load_agent, load_tools, ruled_agent
from agents.tools.own_agent import OwnAgent
from agents.tools.own_tool import OwnTool
from agents.tools.tool_server import ToolServer
from errors import BadInput, Mistakes
from persistence.numbers import digits_of
from persistence.people import Person
from persistence.records import RoleName
from settings import CallSettings

__all__ = ["House", "HouseLines", "LastTurns", "MaxCalls", "Role", "Roster", "load_roster"]

HOUSE, SUMMARY, SCREENING = "house.md", "summary.md", "screening.md"
SHARED = (HOUSE, SUMMARY, SCREENING, PEOPLE)
_LEFT_ALONE = (".", "readme")  # beginnings of file names that are neither read nor reported


@dataclass(frozen=True, slots=True)
class Roster:
    """The roles that can take calls here, and what they share."""

    roles: Mapping[RoleName, Role]
    house: House
    summary_prompt: str
    screening_prompt: str
    role_models: Mapping[str, str]  # the models that single roles name, by file:line

    @property
    def names(self) -> tuple[RoleName, ...]:
        return tuple(self.roles)

    @property
    def at_desks(self) -> Mapping[RoleName, tuple[Person, ...]]:
        """Who takes each role's calls at a desk. Roles whose people are called by telephone are left out."""
        return {
            name: role.desk.people
            for name, role in self.roles.items()
            if role.desk is not None and role.phones is None
        }

    @property
    def desks(self) -> Mapping[RoleName, Desk]:
        """The desks of the roles that people play."""
        return {name: role.desk for name, role in self.roles.items() if role.desk is not None}

    @property
    def redacts(self) -> Mapping[RoleName, tuple[Kind, ...]]:
        """What each role redacts."""
        return {name: role.redact for name, role in self.roles.items()}

    @property
    def known_words(self) -> tuple[str, ...]:
        """The names and words that callers are likely to say, the house's own first."""
        company = () if self.house.company is None else (self.house.company,)
        return (*company, *self.house.words, *(role.name for role in self.roles.values()))

    def role(self, name: str, *, asked_by: str = "role") -> Role:
        """Get a role. `asked_by`: the setting that names it, such as BATON_FIRST_ROLE. Raises: BadInput."""
        role = self.roles.get(RoleName(name))
        if role is None:
            raise BadInput(asked_by, f"unknown role {name!r}", f"use one of {', '.join(self.names)}")
        return role

    def first_role(self, settings: CallSettings) -> Role:
        """Return the role that answers a call: the one that BATON_FIRST_ROLE names.

        If that is not set, and no role has its default name: the first role of a model, by file name.
        Raises: BadInput.
        """
        if "first_role" not in settings.model_fields_set and settings.first_role not in self.roles:
            return self._models[0]
        return self.models_role(settings.first_role, asked_by="BATON_FIRST_ROLE")

    def role_called(self, number: str) -> Role | None:
        """Return the role that answers calls to this number of ours; None if house.md does not say."""
        found = {digits_of(ours): role for ours, role in self.house.numbers.items()}.get(digits_of(number))
        return None if found is None else self.roles[RoleName(found)]

    def models_role(self, name: str, *, asked_by: str) -> Role:
        """As `role`, but only for a role of a model: it speaks with a caller at once. Raises: BadInput."""
        role = self.role(name, asked_by=asked_by)
        if role.desk is not None:
            right = f"use one of {', '.join(model.role for model in self._models)}"
            raise BadInput(asked_by, f"people play {role.role}; only a model can answer calls", right)
        return role

    @property
    def _models(self) -> list[Role]:
        return [role for role in self.roles.values() if role.desk is None]


@dataclass(frozen=True, slots=True)
class _RoleFile:
    """A role's file, read and checked by itself."""

    file: RosterFile
    fields: RoleFields
    body: str
    documents: Path | None = None
    own_tools: tuple[OwnTool, ...] = ()
    tool_servers: tuple[ToolServer, ...] = ()
    own_agent: OwnAgent | None = None
    desk: Desk | None = None
    keys: tuple[KeysEntry, ...] = ()
    phones: CallPlan | None = None


def load_roster(
    folder: Path, *, voices: Collection[str], documents: bool = True, code: bool = True
) -> Roster:
    """Read a folder: one Markdown file for each role, and house.md, summary.md and screening.md.

    `documents`: also check the documents of the roles' `knowledge`, as a start does; calls use the index.
    `code`: load the roles' tools and agent classes, which needs LiveKit's agents; not for operators.
    Raises: BadInput, with every mistake in all of the files.
    """
    try:
        list(folder.iterdir())
    except OSError as error:
        right = "set BATON_ROSTER_FOLDER to a folder with one Markdown file for each role"
        missing = isinstance(error, FileNotFoundError | NotADirectoryError)
        wrong = "is no folder" if missing else f"cannot be read ({error.strerror})"
        raise BadInput(str(folder)[:200], wrong, right) from error
    mistakes, house = Mistakes(), None
    with mistakes.collecting():
        house = _read_house(folder / HOUSE)
    with mistakes.collecting():
        summary_prompt = read_prompt(folder / SUMMARY)
    with mistakes.collecting():
        screening_prompt = read_prompt(folder / SCREENING)
    people = None
    with mistakes.collecting():
        people = read_people(folder, prefixes=house.phone.prefixes if house else None)
    roles = _read_roles(folder, voices, mistakes, people, documents=documents, code=code)
    with mistakes.collecting():
        check_numbers(folder / HOUSE, {name: role.desk is None for name, role in roles.items()})
    mistakes.tell()
    assert house is not None, "a mistake says why"
    names = {name: role.fields.name for name, role in roles.items()}
    return Roster(
        {
            RoleName(name): whole(
                role.fields,
                house,
                role.body,
                names,
                role.documents,
                own_tools=role.own_tools,
                tool_servers=role.tool_servers,
                own_agent=role.own_agent,
                desk=role.desk,
                keys=role.keys,
                phones=role.phones,
            )
            for name, role in roles.items()
        },
        house,
        summary_prompt=summary_prompt,
        screening_prompt=screening_prompt,
        role_models={
            role.file.where(("model",)): role.fields.model for role in roles.values() if role.fields.model
        },
    )


def unread_files(folder: Path) -> list[str]:
    """Return the names of files that look like parts of the roster, but are not because of their names."""
    read = {*SHARED, *(path.name for path in _role_files(folder))}
    return [
        path.name
        for path in sorted(folder.iterdir())
        if path.is_file() and path.name not in read and not path.name.lower().startswith(_LEFT_ALONE)
    ]


def _read_house(path: Path) -> House:
    mistakes = Mistakes()
    file = read_roster_file(path)
    with mistakes.collecting():
        common = file.checked(HouseFields)
    with mistakes.collecting():
        rules = file.needs_body()
    mistakes.tell()
    return House(**dict(common), rules=rules)


def _read_roles(
    folder: Path,
    voices: Collection[str],
    mistakes: Mistakes,
    people: People | None,
    *,
    documents: bool,
    code: bool,
) -> dict[str, _RoleFile]:
    """Return the roles without a mistake in their own file, in the order of file names."""
    paths = _role_files(folder)
    if not paths:
        right = "put a Markdown file there, such as front-desk.md"
        mistakes.add(BadInput(str(folder), "has no role", right))
    roles: dict[str, _RoleFile] = {}
    names: list[str] = []
    for path in paths:
        name = path.stem  # if a mistake hides the role's name, so that others' targets are not unknown
        with mistakes.collecting():
            file = read_roster_file(path)
            name = _role_name(file, taken=roles) or name
            role = _read_role(file, documents=documents, code=code)
            if (other := roles.get(role.fields.role)) is not None:
                wrong = f"role {role.fields.role} is already in {other.file.path}"
                raise file.bad(["role"], wrong, "give this one another name, or remove one of the two")
            roles[name] = role
        names.append(name)
    for role in roles.values():
        with mistakes.collecting():
            _check_voice(role.file, role.fields, voices)
        _check_targets(role.file, role.fields, names, mistakes)
    return _with_desks(roles, names, people, mistakes)


def _with_desks(
    roles: Mapping[str, _RoleFile], names: Collection[str], people: People | None, mistakes: Mistakes
) -> dict[str, _RoleFile]:
    """Return the roles, with desks for those that people play. `people`: None if people.md has mistakes."""
    if people is None:
        return dict(roles)
    found: dict[str, _RoleFile] = {}
    for name, role in roles.items():
        desk = phones = None
        with mistakes.collecting():
            desk = desk_of(role.file, role.fields, people, names)
            phones = phones_of(role.file, role.fields, people, mistakes)
        found[name] = replace(role, desk=desk, phones=phones)
    check_circles({name: (role.file, role.desk) for name, role in found.items() if role.desk}, mistakes)
    if found and all(role.desk for role in found.values()):
        right = "add a role that a model plays: it answers calls"
        mistakes.add(
            BadInput(str(next(iter(found.values())).file.path.parent), "people play every role", right)
        )
    return found


def _role_files(folder: Path) -> list[Path]:
    """Return the Markdown files of the folder itself, without shared and hidden ones, and any README."""
    return [
        path
        for path in sorted(folder.iterdir())
        if path.suffix.lower() == ".md"
        and path.name.lower() not in SHARED
        and not path.name.lower().startswith(_LEFT_ALONE)
    ]


def _role_name(file: RosterFile, *, taken: Collection[str]) -> str | None:
    """Return the name that the file gives its role; None if it is not valid, or taken."""
    name = str(file.fields.get("role"))
    return name if re.fullmatch(ROLE_ID, name) and name not in taken else None


def _read_role(file: RosterFile, *, documents: bool, code: bool) -> _RoleFile:
    """Check a role's file by itself. Raises: BadInput, with every mistake that shows without other files."""
    mistakes, folder, own_agent = Mistakes(), None, None
    class_name = named.strip() if isinstance(named := file.fields.get("agent"), str) else ""
    with mistakes.collecting():
        check_kind(file)
    if is_person(file):
        file = replace(file, fields=with_defaults(file))
    with mistakes.collecting():
        fields = file.checked(RoleFields)
    with mistakes.collecting():
        if code and class_name:
            own_agent = load_agent(file.path.parent, class_name, file.where(["agent"]), file.bad)
    with mistakes.collecting():
        has_own = own_agent.instructions if own_agent else class_name and not code
        needs_none = is_person(file) or has_own
        body = file.body if needs_none else file.needs_body()
    with mistakes.collecting():
        if isinstance(named := file.fields.get("knowledge"), str) and named.strip():
            folder = file.path.parent / named.strip()
            if documents:
                check_documents(file, named.strip())
    keys: tuple[KeysEntry, ...] = ()
    with mistakes.collecting():
        keys = keys_of(file)
    tools: dict[int, ToolFields] = {}
    own_tools, tool_servers = tuple[OwnTool, ...](), tuple[ToolServer, ...]()
    with mistakes.collecting():
        tools = _tool_entries(file)
    with mistakes.collecting():
        check_from_keys(file, tools, keys)
    with mistakes.collecting():
        own_agent = own_agent and ruled_agent(own_agent, tools, file.bad)
    with mistakes.collecting():
        taken = [tool.name for tool in own_agent.tools] if own_agent else ()
        if code:
            own_tools, tool_servers = load_tools(file.path.parent, tools, file.where, file.bad, taken=taken)
    mistakes.tell()
    own_tools = tuple(hiding_keys(tool, keys) for tool in own_tools)
    if own_agent is not None:
        own_agent = own_agent.ruled_by(
            {tool.name: hiding_keys(tool, keys).policy for tool in own_agent.tools}
        )
    return _RoleFile(file, fields, body, folder, own_tools, tool_servers, own_agent, keys=keys)


def _tool_entries(file: RosterFile) -> dict[int, ToolFields]:
    """Return the file's own tools, by their place in the list. Raises: BadInput, with every mistake."""
    entries, mistakes = file.fields.get("tools"), Mistakes()
    fields: dict[int, ToolFields] = {}
    for number, entry in enumerate(entries if isinstance(entries, list) else ()):
        if isinstance(entry, dict):
            with mistakes.collecting():
                fields[number] = _tool_fields(file, number, entry)
    mistakes.tell()
    return fields


def _tool_fields(file: RosterFile, number: int, entry: dict[str, object]) -> ToolFields:
    place = ("tools", number)
    model = kind_of(entry)
    if model is None:
        kinds = " or ".join(f"{kind}:" for kind in KINDS)
        raise file.bad(place, "a tool does not say what it is", f"begin it with {kinds}")
    if "own" in entry and "agent" not in file.fields:
        raise file.bad(
            place, "own: is for a tool of an agent class, and the role has none", "write agent: as well"
        )
    return file.checked(model, place)


def _check_voice(file: RosterFile, fields: RoleFields, voices: Collection[str]) -> None:
    if fields.voice not in voices:
        right = f"write one of {', '.join(voices)}"
        raise file.bad(["voice"], f"unknown voice {fields.voice!r}", right)


def _check_targets(file: RosterFile, fields: RoleFields, names: Collection[str], mistakes: Mistakes) -> None:
    others = [name for name in dict.fromkeys(names) if name != fields.role]
    some = f"write some of {', '.join(others)}" if others else "leave it out"
    for number, target in enumerate(fields.transfers_to):
        if target == fields.role:
            wrong, right = f"transfers_to names {target} itself", some
        elif target not in others:
            near = get_close_matches(target, others, n=1)
            wrong = f"transfers_to names the unknown role {target!r}"
            right = f"write {near[0]}" if near else some
        elif target in fields.transfers_to[:number]:
            wrong, right = f"transfers_to names {target} twice", some
        else:
            continue
        mistakes.add(file.bad(("transfers_to", number), wrong, right))
    if "transfer_call" in (fields.tools or ()) and not fields.transfers_to:
        wrong = "transfer_call has nobody to hand over to"
        mistakes.add(file.bad(["tools"], wrong, "write transfers_to as well"))
