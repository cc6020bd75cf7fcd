"""Words, in the form in which a question and a document are compared. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

_RUNS_ON = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")
"""Letters of scripts that are written without spaces between words."""

LINKING = frozenset(
    "a an the i i'm i've i'd i'll me my mine we us our you your you're you've he she it it's its they them "
    "their this that these those there there's to of for and or".split()
)
"""Words that stand between the words of one expression: "send it back" is "send back"."""

EMPTY = LINKING | frozenset(
    "is are am was were be been being do does did done don't doesn't didn't have has had haven't hasn't can "
    "can't could couldn't will won't would wouldn't shall should may might must need want like just only "
    "also still already very really much many more most some any anything something everything nothing what "
    "which who whom whose where when why how not no yes please hello hi thanks thank okay well now one thing "
    "things get got gets getting go goes going went come comes came tell told know say says said ask let put "
    "make made from with by at on in as but so if then than about into out up down over again back here "
    "every all too um uh happen happens happened possible actually somehow think try trying tried problem "
    "help question wonder wondering understand sure maybe because since yesterday ago able if whether".split()
)
"""Words that occur in any English question, and say nothing about its subject. Other languages need no list:
a word that occurs in most passages weighs next to nothing."""

_ENDING = re.compile(r"(?<=\w{3})(?:'s|ing|ed|es|s|e)$")


def bare(words: Iterable[str]) -> tuple[str, ...]:
    """Drop the words that only link others, and cut off English endings."""
    return tuple(_ENDING.sub("", word) for word in words if word not in LINKING)


def spaced(text: str) -> str:
    """Put spaces around each letter of a script without spaces, so that FTS5 takes each one as a word."""
    return _RUNS_ON.sub(r" \g<0> ", text)
