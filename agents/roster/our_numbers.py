"""Checks house.md's `numbers`: which role answers calls to which of our telephone numbers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from agents.roster.markdown_file import RosterFile, read_roster_file
from errors import BadInput, Mistakes
from persistence.numbers import is_e164


def check_numbers(path: Path, roles: Mapping[str, bool]) -> None:
    """Check the numbers. `roles`: whether a model plays each. Raises: BadInput, with every mistake."""
    try:
        file = read_roster_file(path)
    except BadInput:
        return  # reading house.md reports it
    mistakes, numbers = Mistakes(), file.fields.get("numbers")
    for number, role in numbers.items() if isinstance(numbers, dict) else ():
        if isinstance(role, str):  # anything else is reported with house.md's other fields
            with mistakes.collecting():
                _check(file, number, role, roles)
    mistakes.tell()


def _check(file: RosterFile, number: str, role: str, roles: Mapping[str, bool]) -> None:
    place, right = ("numbers", number), "write one of " + ", ".join(name for name in roles if roles[name])
    if not is_e164(number):
        wrong = f"numbers has {number[:30]!r}, which is no telephone number"
        raise file.bad(place, wrong, 'write +, the country code and the rest, such as "+493012345678"')
    if role not in roles:
        raise file.bad(place, f"numbers names the unknown role {role!r}", right)
    if not roles[role]:
        wrong = f"numbers names {role}, which people play; only a model can answer calls"
        raise file.bad(place, wrong, right)
