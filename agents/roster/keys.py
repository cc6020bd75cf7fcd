"""The numbers that a role may ask its caller to type, as its file defines them. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Literal, NamedTuple

from pydantic import AfterValidator, BeforeValidator, Field

from agents.roster.checked import Checked, Line
from agents.roster.markdown_file import RosterFile
from agents.tools.fields import ToolFields
from agents.tools.own_tool import OwnTool
from errors import Mistakes

MOST_DIGITS = 32
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_RANGE = re.compile(r"([0-9]{1,3})(?:\.\.([0-9]{1,3}))?")


class Length(NamedTuple):
    """How many digits a number has, at least and at most."""

    fewest: int
    most: int


def _length(text: object) -> object:
    """Parse a length. Raises: ValueError, which says how it could be written."""
    found = _RANGE.fullmatch(str(text).strip())
    if found is None:
        raise ValueError(f"{str(text)[:40]!r} should be a number of digits such as 6, or two such as 6..12")
    return int(found[1]), int(found[2] or found[1])


def _in_order(length: Length) -> Length:
    if not 1 <= length.fewest <= length.most <= MOST_DIGITS:
        raise ValueError(f"should go from 1 to {MOST_DIGITS}, the smaller number first")
    return length


def _is_name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is no name for a number")
    return text


Digits = Annotated[Length, BeforeValidator(_length), AfterValidator(_in_order)]


class KeysEntry(Checked):
    """One number that the model may ask for, by its name."""

    name: Annotated[str, AfterValidator(_is_name)] = Field(
        description="what the typed number is called, in a to z, 0 to 9 and _, such as customer_number"
    )
    digits: Digits = Field(description="how many digits it has, such as 6, or 6..12")
    says: Line = Field(
        description="what the caller hears, such as: Please type your customer number, and then the hash key."
    )
    confirm: bool = Field(
        False,
        description="true: it is read back, and key 1 says that it is right; of a secret one, only how many "
        "digits it has is read back",
    )
    secret: bool = Field(
        False,
        description="true: no model, operator, colleague, record or log is told the digits; a tool of the "
        "role's gets them by from_keys",
    )
    end: Literal["#", "none"] = Field(
        "#", description='"#" in double quotes, or none: the key that ends a number before it has all digits'
    )
    between_s: Annotated[float, Field(ge=2, le=30, allow_inf_nan=False)] = Field(
        5, description="seconds after a key until the number counts as ended, 2 to 30"
    )
    within_s: Annotated[float, Field(ge=10, le=300, allow_inf_nan=False)] = Field(
        60, description="seconds that the caller has for the whole number, 10 to 300"
    )


def keys_of(file: RosterFile) -> tuple[KeysEntry, ...]:
    """Return the entries of a role's file. Raises: BadInput, with every mistake."""
    written, mistakes = file.fields.get("keys"), Mistakes()
    entries: list[KeysEntry] = []
    for number, each in enumerate(written if isinstance(written, list) else ()):
        if not isinstance(each, dict):
            continue  # reported with the role's other fields
        with mistakes.collecting():
            entry = file.checked(KeysEntry, ("keys", number))
            if any(entry.name == other.name for other in entries):
                right = "keep one, or rename the other"
                raise file.bad(("keys", number, "name"), f"keys has {entry.name} twice", right)
            entries.append(entry)
    mistakes.tell()
    return tuple(entries)


def check_from_keys(file: RosterFile, tools: Mapping[int, ToolFields], keys: Sequence[KeysEntry]) -> None:
    """Raises: BadInput, if a tool is to get a number that the role does not ask for."""
    known, mistakes = [entry.name for entry in keys], Mistakes()
    for number, fields in tools.items():
        for parameter, name in fields.from_keys.items():
            if name not in known:
                wrong = f"from_keys names {name!r}, which the role's keys do not have"
                right = f"write one of {', '.join(known)}" if known else "write keys: as well"
                mistakes.add(file.bad(("tools", number, "from_keys", parameter), wrong, right))
    mistakes.tell()


def hiding_keys(tool: OwnTool, keys: Sequence[KeysEntry]) -> OwnTool:
    """Make those of the tool's parameters secret that come from secret keys."""
    secret, policy = {entry.name for entry in keys if entry.secret}, tool.policy
    typed = {parameter for parameter, name in policy.from_keys.items() if name in secret}
    return replace(tool, policy=replace(policy, secret=policy.secret | typed))
