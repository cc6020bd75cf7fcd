"""Finds the role that a caller asks for by name. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence

from rapidfuzz import fuzz

from local.groq_standin.script import words_of

_KINDS = frozenset(["desk", "team", "department", "office"])
_ARTICLE = 3  # letters at most
_NEAR = 3  # a "not" among this many words before a name refers to it
_NOT = frozenset(["not", "don't", "never", "nicht", "kein", "keine", "pas"])
_ALIKE = 84.0
"""Of 100. "biling" matches "billing" (92), and an inflected name matches its base form; "sales" does not
match "scales" (91, but too short to compare)."""
_COMPARABLE = 7  # letters: shorter names must be written as they are


def names_of(role: str, name: str) -> list[str]:
    """Return what a caller may call a role, longest first: its spoken name, the name's core, and its id."""
    words = words_of(name)
    short = next((n for n, word in enumerate(words) if len(word) > _ARTICLE), 0)
    bare = words[short:]  # without an article, in any language
    core = bare[:-1] if len(bare) > 1 and bare[-1] in _KINDS else bare
    known = [" ".join(known) for known in (words, bare, core, words_of(role.replace("-", " ")))]
    return sorted(filter(None, dict.fromkeys(known)), key=len, reverse=True)


def asked_for(text: str, targets: Mapping[str, str]) -> str | None:
    """Return the role of `targets` (spoken names by role) that the text names; if several, the last one.

    "Not billing" does not name billing. If names overlap, the longer one wins.
    """
    words = [_plain(word) for word in words_of(text)]
    found = [
        (end, end - start, role)
        for start, end, role in _mentions(words, targets)
        if not set(words[max(0, start - _NEAR) : start]) & _NOT
    ]
    return max(found)[2] if found else None


def mentions_any(text: str, targets: Mapping[str, str]) -> bool:
    """Whether the text contains any target's name, also after a "not"."""
    return any(_mentions([_plain(word) for word in words_of(text)], targets))


def _mentions(words: Sequence[str], targets: Mapping[str, str]) -> Iterator[tuple[int, int, str]]:
    for role, name in targets.items():
        for known in map(_plain, names_of(role, name)):
            for start, end in _places(known, words):
                yield start, end, role


def _places(known: str, words: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield the places of a name: the index of its first word, and the index after its last word."""
    length = len(known.split())
    for start in range(len(words) - length + 1):
        window = " ".join(words[start : start + length])
        inside = _runs_on(known) and known in window
        alike = len(known) >= _COMPARABLE and fuzz.ratio(known, window) >= _ALIKE
        if window == known or inside or alike:
            yield start, start + length


def _runs_on(known: str) -> bool:
    """Whether the name's script has no spaces between words, so that it may be part of a longer run."""
    return bool(re.search(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]", known))


def _plain(text: str) -> str:
    """Return the text without accents and upper case, which people leave out."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
