"""One rule: a pattern, and how to say what it matches. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

UNBROKEN = "\N{NO-BREAK SPACE}"
"""Joins the words of one expression, so that no piece ends inside a number. `\\s` matches it too."""

Match = re.Match[str]


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern, and `say`, which returns the words for a match."""

    pattern: re.Pattern[str]
    say: Callable[[Match], str]

    def apply(self, text: str) -> str:
        return self.pattern.sub(self._unbroken, text)

    def _unbroken(self, found: Match) -> str:
        said = self.say(found)
        inside = said.strip(" ")
        if said == found[0] or not inside:
            return said
        return said.replace(inside, inside.replace(" ", UNBROKEN))


NEAR = 60
"""Characters around a match that decide how it is said."""


def before(found: Match) -> str:
    return found.string[max(0, found.start() - NEAR) : found.start()]


def after(found: Match) -> str:
    return found.string[found.end() : found.end() + NEAR]


def rule(pattern: str, say: Callable[[Match], str], *, flags: int = 0) -> Rule:
    return Rule(re.compile(pattern, flags), say)


def any_of(words: Iterable[str]) -> str:
    """Return a pattern for any of `words`, the longest first."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def table(lines: str) -> dict[str, str]:
    """Turn lines of "words: SHORT, SHORT" into a dictionary from each short form to its words."""
    rows = (line.strip().split(": ") for line in lines.strip().splitlines())
    return {short: words for words, shorts in rows for short in shorts.split(", ")}


def describes(found: Match) -> bool:
    """Whether an amount comes before its noun, and so is singular: a 5 km run, a $10 credit."""
    article = re.search(r"\b[Aa]n?\s$", before(found))
    return article is not None and re.match(r"\s[a-z]", after(found)) is not None


def apply_all(rules: Iterable[Rule], text: str) -> str:
    for each in rules:
        text = each.apply(text)
    return text
