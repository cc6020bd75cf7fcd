"""Turns in a form that tests can compare: a caller's transcribed words become the closest script line.

On a busy machine a sound may come late, WebRTC bridges the gap, and pocketsphinx hears "help me to the
please" instead of "help me please". The stand-in's answers tolerate that, and so do these functions.
"""

from __future__ import annotations

from collections.abc import Sequence

from local.groq_standin.chat.script_match import ENOUGH, likeness
from local.groq_standin.script import words_of
from persistence.records import CALLER, Turn


def as_said(turns: Sequence[Turn], *lines: str) -> list[tuple[str, str]]:
    """Returns speaker and words of each turn; a caller's words become the most similar of `lines`."""
    return [
        (turn.speaker, likeliest(turn.text, *lines) if turn.speaker == CALLER else turn.text)
        for turn in turns
    ]


def likeliest(text: str, *lines: str) -> str:
    """Returns the most similar of `lines`, or the words as heard if none is similar."""
    heard = " ".join(words_of(text))
    nearest = max(lines, key=lambda line: likeness(line, heard))
    return nearest if likeness(nearest, heard) >= ENOUGH else text
