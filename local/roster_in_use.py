"""The local stack's roster, and the role in it that answers calls."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from agents.knowledge.cut import BETWEEN, cut
from agents.knowledge.folder import Folder
from agents.roster.role import Role
from agents.roster.roster import Roster, load_roster
from local.groq_standin.script import Script, load_script, words_of
from local.groq_standin.vocabulary import hints
from settings import CallSettings, GroqSettings, WorkerSettings, is_given, read

HINTS = "BATON_CALL_PAGE_HINTS"


def roster_in_use(settings: Mapping[str, str] | None = None) -> Roster:
    """Load the roster that a worker with these settings reads. Raises: BadInput, with all its mistakes."""
    folder = (settings or {}).get("BATON_ROSTER_FOLDER") or read(WorkerSettings).roster_folder
    return load_roster(Path(folder), voices=read(GroqSettings).voices.split())


def first_role(roster: Roster) -> Role:
    """Return the role that answers the stack's calls. Raises: BadInput."""
    return roster.first_role(read(CallSettings))


def spoken_names(roster: Roster) -> dict[str, str]:
    return {str(role.id): role.name for role in roster.roles.values()}


_MOST_TOPICS = 20  # of each folder
_TOPIC_WORDS = range(1, 7)


def topics_of(roster: Roster) -> list[str]:
    """Return the topics that the stand-in understands by voice: short headings of the roles' documents."""
    folders = {role.documents for role in roster.roles.values() if role.documents}
    return [topic for folder in sorted(folders) for topic in topics_in(folder)[:_MOST_TOPICS]]


def topics_in(documents: Path) -> list[str]:
    """Return the headings of the folder's passages with at most six words, each once, without punctuation."""
    read, _ = Folder(documents).read()
    headings = [passage.heading.split(BETWEEN)[-1] for one in read for passage in cut(one.name, one.text)]
    spoken = [" ".join(words_of(heading)) for heading in headings]
    return [topic for topic in dict.fromkeys(spoken) if len(topic.split()) in _TOPIC_WORDS]


def suggested(script: Path | None, roster: Roster) -> dict[str, str]:
    """Return the setting that shows callers what the stand-in understands, unless it is already set."""
    said = load_script(script) if script else Script()
    if not said.makes_up or is_given(HINTS):
        return {}
    others = [role.name for role in roster.roles.values() if role.id != first_role(roster).id]
    about = topics_of(roster)[:1]
    return {HINTS: " | ".join(hint.replace("|", " ") for hint in hints(others, said, about))}
