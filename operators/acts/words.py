"""Words that an operator gives: what may be said, and what is kept."""

from __future__ import annotations

import re

from errors import WordsRefused

LONGEST = 2_000
"""Characters. About two minutes of speech: whoever has more to say should say it in parts."""

_MARKUP = re.compile(r"</?[A-Za-z!?][^<>]*>")


def checked(words: str) -> str:
    """In one line, trimmed. Raises: WordsRefused: too long, in markup, or nothing that can be spoken."""
    words = " ".join(words.split())
    if len(words) > LONGEST:
        raise WordsRefused(f"have {len(words)} characters", f"give {LONGEST} at most")
    if _MARKUP.search(words):
        raise WordsRefused("hold markup", "write plain words, without SSML or HTML")
    if not any(letter.isalnum() for letter in words):
        raise WordsRefused("have nothing that can be spoken", "write at least one word")
    return words
