"""The lines that the stand-in understands by voice for a roster: role names and small talk. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from local.groq_standin.chat.names import names_of
from local.groq_standin.chat.play_along import AGREEMENTS, GOODBYES, GREETINGS, QUESTIONS
from local.groq_standin.script import Script

_REQUESTS = (
    "put me through to {}",
    "please put me through to {}",
    "put me through to {} please",
    "please connect me to {}",
    "I want to talk to {}",
    "I would like to speak to {} please",
    "can I speak to {} please",
    "{} please",
    "{}",
)


ASKING_ABOUT = "tell me about {}"


def understood(names: Mapping[str, str], topics: Iterable[str] = ()) -> dict[str, str]:
    """Return every line that may be heard, with the text whose words it contains.

    `names`: the spoken names, by role. `topics`: of the roles' documents.
    """
    lines = {line: line for line in (*GREETINGS, *QUESTIONS, *AGREEMENTS, *GOODBYES)}
    for role, name in names.items():
        for known in names_of(role, name):
            lines |= {request.format(known): name for request in _REQUESTS}
    return lines | {ASKING_ABOUT.format(topic): topic for topic in topics}


def hints(names: Iterable[str], script: Script, topics: Iterable[str] = ()) -> list[str]:
    """Return example sentences for somebody who talks to the stand-in: one for each thing that it does."""
    return [
        *(f"{line.text}." for line in script.caller[:1]),
        *(f"Put me through to {name}, please." for name in names),
        *(f"{ASKING_ABOUT.format(topic).capitalize()}." for topic in topics),
        "What can you do?",
        "Thank you, goodbye.",
    ]
