"""The words of a text, as they are compared. Pure."""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


def words_of(text: str) -> list[str]:
    """Its words in order, without capitals."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold().replace("’", "'"))
