"""Normalises and compares the words of a text. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from typing import Literal

Answer = Literal["yes", "no", "other"]

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


def words_of(text: str) -> list[str]:
    """Return the text's words in order, without capitals."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold().replace("’", "'"))


def has_phrase(text: str, phrases: Collection[str]) -> bool:
    """Whether the text contains one of the phrases."""
    said = f" {' '.join(words_of(text))} "
    return any(f" {' '.join(words_of(phrase))} " in said for phrase in phrases)


def answer_of(text: str, *, yes: Collection[str], no: Collection[str]) -> Answer:
    """Return the text's answer to a yes-or-no question. Any phrase of refusal in it is a no."""
    if has_phrase(text, no):
        return "no"
    said = f"{' '.join(words_of(text))} "
    return "yes" if any(said.startswith(f"{' '.join(words_of(each))} ") for each in yes) else "other"
