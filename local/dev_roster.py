"""Adds a role that a person plays to the project's roster, for `make dev`: a desk to try in a minute.

The role is not in `roster/`: if nobody sits at a desk, callers should not be handed over to it.
"""

from __future__ import annotations

import asyncio
import re
import shutil
from pathlib import Path

_TEAM = Path(__file__).parent / "service_team"
ROLE = "service-team"
_FIRST = "front-desk.md"
_TARGETS = re.compile(r"^(transfers_to: \[.+)\]$", re.MULTILINE)
_PROMPT = f"""
When the caller asks for a real person, or wants to complain, {ROLE}, our service team, takes over.
"""
_LOOK_EVERY_S = 1.0


def may_have_one(roster: Path) -> bool:
    """Whether the roster has a front desk that can hand over to the role, and no people of its own."""
    first = roster / _FIRST
    return (
        first.is_file()
        and not (roster / "people.md").exists()
        and _TARGETS.search(first.read_text(encoding="utf-8")) is not None
    )


def add_service_team(roster: Path, folder: Path) -> Path:
    """Write the roster with the role to `folder`, overwriting files, and return `folder`. Raises: OSError."""
    shutil.copytree(roster, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    for file in _TEAM.glob("*.md"):
        shutil.copyfile(file, folder / file.name)
    first = folder / _FIRST
    written = _TARGETS.sub(rf"\1, {ROLE}]", first.read_text(encoding="utf-8"), count=1)
    first.write_text(f"{written.rstrip()}\n{_PROMPT}", encoding="utf-8")
    return folder


async def follow(roster: Path, folder: Path) -> None:
    """Rewrite `folder` whenever a file of the roster changes, until cancelled. Raises: OSError."""
    seen = await asyncio.to_thread(_changed_at, roster)
    while True:
        await asyncio.sleep(_LOOK_EVERY_S)
        if (now := await asyncio.to_thread(_changed_at, roster)) != seen:
            await asyncio.to_thread(add_service_team, roster, folder)
            seen = now


def _changed_at(roster: Path) -> frozenset[tuple[str, int]]:
    return frozenset(
        (str(file), file.stat().st_mtime_ns)
        for file in roster.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    )
