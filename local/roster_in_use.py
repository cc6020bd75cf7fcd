"""The roster of the local stack, and who of it answers a call."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from agents.roster.role import Role
from agents.roster.roster import Roster, load_roster
from settings import CallSettings, GroqSettings, WorkerSettings, read


def roster_in_use(settings: Mapping[str, str] | None = None) -> Roster:
    """The roster that a worker with these settings reads. Raises: BadInput, with all of its mistakes."""
    folder = (settings or {}).get("BATON_ROSTER_FOLDER") or read(WorkerSettings).roster_folder
    return load_roster(Path(folder), voices=read(GroqSettings).voices.split())


def first_role(roster: Roster) -> Role:
    """The role that answers the stack's calls. Raises: BadInput."""
    return roster.first_role(read(CallSettings))


def spoken_names(roster: Roster) -> dict[str, str]:
    return {str(role.id): role.name for role in roster.roles.values()}
