"""Expressions for the same thing: Baton's own, in English, and those in a folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path

from agents.knowledge.words import bare
from agents.words import words_of

_EVERYDAY = Path(__file__).with_name("everyday_words.txt")


class Synonyms:
    """From what is said, as bare words, to what else it may be called."""

    def __init__(self, *known: Mapping[tuple[str, ...], Sequence[str]]) -> None:
        self._known = known
        self.longest = max((len(said) for some in known for said in some), default=0)

    def of(self, said: tuple[str, ...]) -> Sequence[str]:
        """`said`: bare words."""
        return [other for some in self._known for other in some.get(said, ())]


@lru_cache(maxsize=8)
def synonyms_with(folders: str) -> Synonyms:
    """Baton's own, and those of a folder, as its text has them."""
    return Synonyms(everyday_words(), read_synonyms(folders))


def read_synonyms(text: str) -> Mapping[tuple[str, ...], Sequence[str]]:
    """From a text in the form of everyday_words.txt. A line that says nothing in this form is left alone."""
    known: dict[tuple[str, ...], list[str]] = {}
    for line in text.splitlines():
        if line.lstrip().startswith("#"):
            continue
        said, _, meant = (_expressions(part) for part in line.partition(":"))
        for one in said:
            words = words_of(one)
            if len(key := bare(words)) > 1 or len(words) == 1:  # of "on me" only an empty word would be left
                known.setdefault(key, []).extend(other for other in meant or said if other != one)
    return known


@cache
def everyday_words() -> Mapping[tuple[str, ...], Sequence[str]]:
    """Baton's own. Read once, in the process that those of calls are forked from: it takes 20 ms."""
    return read_synonyms(_EVERYDAY.read_text(encoding="utf-8"))


def _expressions(part: str) -> list[str]:
    return [one.strip() for one in part.split(",") if words_of(one)]
