"""The roster as operators need it: roles, people and lines, without documents and the roles' own code."""

from __future__ import annotations

from agents.roster.roster import Roster, load_roster
from settings import Settings


def roster_of(settings: Settings) -> Roster:
    """Load the roster. Blocks. Raises: BadInput."""
    return load_roster(
        settings.worker.roster_folder, voices=settings.groq.voices.split(), documents=False, code=False
    )
