"""Expressions for the same thing: Baton's own, in English, and those in a folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path

from agents.knowledge.words import bare
from agents.words import words_of

_EVERYDAY = Path(__file__).with_name("everyday_words.txt")


class Synonyms:
    """Maps an expression, as bare words, to what else it may be called."""

    def __init__(self, *known: Mapping[tuple[str, ...], Sequence[str]]) -> None:
        self._known = known
        self.longest = max((len(said) for some in known for said in some), default=0)

    def of(self, said: tuple[str, ...]) -> Sequence[str]:
        """Return the synonyms of `said`, which are bare words."""
        return [other for some in self._known for other in some.get(said, ())]


@lru_cache(maxsize=8)
def synonyms_with(folders: str) -> Synonyms:
    """Return Baton's own synonyms, and those in the text of a folder's `synonyms.txt`."""
    return Synonyms(everyday_words(), read_synonyms(folders))


def read_synonyms(text: str) -> Mapping[tuple[str, ...], Sequence[str]]:
    """Read synonyms from a text in the form of everyday_words.txt. Lines in any other form are ignored."""
    known: dict[tuple[str, ...], list[str]] = {}
    for line in text.splitlines():
        if line.lstrip().startswith("#"):
            continue
        said, _, meant = (_expressions(part) for part in line.partition(":"))
        for one in said:
            words = words_of(one)
            if len(key := bare(words)) > 1 or len(words) == 1:  # "on me" would leave only an empty word
                known.setdefault(key, []).extend(other for other in meant or said if other != one)
    return known


@cache
def everyday_words() -> Mapping[tuple[str, ...], Sequence[str]]:
    """Return Baton's own synonyms. Read once, before the calls' processes are forked: it takes 20 ms."""
    return read_synonyms(_EVERYDAY.read_text(encoding="utf-8"))


def _expressions(part: str) -> list[str]:
    return [one.strip() for one in part.split(",") if words_of(one)]
