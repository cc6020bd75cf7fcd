"""A question in a caller's words, as a query for FTS5. Pure.

Nothing of a question reaches FTS5's syntax: it is cut into words of letters and digits, each in quotes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from agents.knowledge.synonyms import Synonyms
from agents.knowledge.words import EMPTY, LINKING, bare, spaced
from agents.words import words_of

MOST_WORDS = 40
"""Only the first words of a longer question are looked up: people ramble, and a search's time is limited."""

_UNSURE = 0.5
"""The weight of the synonyms of an empty word, such as "when" for days, or of a word inside an expression."""
_SHORTEST_BEGINNING = 4
"""A word of this many letters or more also finds words that begin with it, such as Rechnungsnummer."""


@dataclass(frozen=True, slots=True)
class Thought:
    """One thing that a question names, as FTS5's expressions: by its own words, and by synonyms.

    `weight`: of the synonyms, relative to the own words, from 0 to 1.
    """

    own: str
    others: str
    weight: float = 1.0


def thoughts_of(question: str, synonyms: Synonyms) -> list[Thought]:
    """Return what the question names; all of its words if every word is empty."""
    words = words_of(question)[:MOST_WORDS]
    found = list(_thoughts([word for word in words if word not in LINKING], synonyms))
    return found or [Thought(_match([word]), "") for word in words]


def _thoughts(words: list[str], synonyms: Synonyms) -> Iterator[Thought]:
    """Yield a thought for each word that is not empty, each pair of these, and each expression with synonyms.

    A word inside such an expression mainly stands for itself: the "book" of "phone book" is not a booking.
    """
    plain = bare(words)
    empty = [word in EMPTY for word in words]
    inside: set[int] = set()
    for start, end in _stretches(len(words), synonyms.longest):
        if others := synonyms.of(plain[start:end]):
            inside.update(range(start, end))
            yield Thought(_match([" ".join(words[start:end])]), _match(others))
        elif end == start + 2 and not any(empty[start:end]):
            yield Thought(_match([" ".join(words[start:end])]), "")
    for place, word in enumerate(words):
        others = synonyms.of(plain[place : place + 1])
        unsure = empty[place] or place in inside
        if others or not empty[place]:
            own = [] if empty[place] else [word]
            yield Thought(_match(own), _match(others), _UNSURE if unsure else 1.0)


def _stretches(length: int, longest: int) -> Iterator[tuple[int, int]]:
    """Yield the start and the end of every stretch of two words, or of more up to `longest`."""
    for start in range(length):
        for end in range(start + 2, min(start + max(longest, 2), length) + 1):
            yield start, end


def _match(expressions: Iterable[str]) -> str:
    """Return FTS5's expression for any of these words and phrases; empty if there are none."""
    return " OR ".join(dict.fromkeys(term for one in expressions for term in _terms(words_of(one))))


def _terms(words: list[str]) -> Iterator[str]:
    if len(words) > 1:
        yield f'"{" ".join(words)}"'
        return
    for word in words:
        letters = spaced(word).split()
        if len(letters) > 1:  # a script without spaces: two letters side by side are near enough to a word
            yield from (f'"{" ".join(pair)}"' for pair in pairwise(letters))
        else:
            yield f'"{word}"' + (" *" if len(word) >= _SHORTEST_BEGINNING else "")
