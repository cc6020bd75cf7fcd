"""The roster of the local stack, and who of it answers a call."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from agents.roster.role import Role
from agents.roster.roster import Roster, load_roster
from local.groq_standin.script import Script, load_script
from local.groq_standin.vocabulary import hints
from settings import CallSettings, GroqSettings, WorkerSettings, is_given, read

HINTS = "BATON_CALL_PAGE_HINTS"


def roster_in_use(settings: Mapping[str, str] | None = None) -> Roster:
    """The roster that a worker with these settings reads. Raises: BadInput, with all of its mistakes."""
    folder = (settings or {}).get("BATON_ROSTER_FOLDER") or read(WorkerSettings).roster_folder
    return load_roster(Path(folder), voices=read(GroqSettings).voices.split())


def first_role(roster: Roster) -> Role:
    """The role that answers the stack's calls. Raises: BadInput."""
    return roster.first_role(read(CallSettings))


def spoken_names(roster: Roster) -> dict[str, str]:
    return {str(role.id): role.name for role in roster.roles.values()}


def suggested(script: Path | None, roster: Roster) -> dict[str, str]:
    """The setting that shows callers what the stand-in understands, unless somebody set it."""
    said = load_script(script) if script else Script()
    if not said.makes_up or is_given(HINTS):
        return {}
    others = [role.name for role in roster.roles.values() if role.id != first_role(roster).id]
    return {HINTS: " | ".join(hint.replace("|", " ") for hint in hints(others, said))}
