"""Whisper's prompt: the house's names and words, and what was said just before. Pure.

Whisper takes 224 tokens and keeps the last ones; Groq refuses more than 896 characters. Names and digits take
a token for every two or three characters, so both parts together stay well below that.
"""

from __future__ import annotations

from collections.abc import Sequence

_LONGEST = 600
"""Characters of the whole prompt."""
_LONGEST_KNOWN = 350
"""Characters of names and words: a longer list is cut before the first entry that does not fit."""


def prompt_for(known: Sequence[str], after: str) -> str:
    """Return the prompt for audio that follows the words `after`; may be empty."""
    names = known_words(known)
    said = _end_of(after, _LONGEST - len(names) - 1)
    return f"{names} {said}".strip()


def known_words(known: Sequence[str]) -> str:
    """Return as many of these names and words as fit, in their order, as a sentence."""
    fitting = ""
    for name in dict.fromkeys(known):
        longer = f"{fitting}, {name}" if fitting else name
        if len(longer) >= _LONGEST_KNOWN:
            break
        fitting = longer
    return f"{fitting}." if fitting else ""


def _end_of(words: str, limit: int) -> str:
    if len(words) <= limit:
        return words
    return words[-limit:].partition(" ")[2]
