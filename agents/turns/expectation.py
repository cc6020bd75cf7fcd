"""What the agent's last words asked for, which shows when the answer is complete. Pure."""

from __future__ import annotations

import re
from enum import StrEnum


class Expects(StrEnum):
    """What an answer is made of."""

    NUMBER = "number"  # digits: a telephone number, an amount, a date
    SPELLING = "spelling"  # letters, one by one
    ADDRESS = "address"  # of a house, or an e-mail address
    YES_OR_NO = "yes_or_no"


_ASKS = re.compile(
    r"\?\s*$|\b(?:tell|give|say|read|spell|repeat|what|which|may i|need|have your|with your)\b"
)
_ASKED: tuple[tuple[Expects, re.Pattern[str]], ...] = (
    (Expects.SPELLING, re.compile(r"\bspell|letter by letter|letter for letter")),
    (Expects.ADDRESS, re.compile(r"\baddress|\bstreet\b|where (?:do|are) you liv|\bpost ?code")),
    (
        Expects.NUMBER,
        re.compile(
            r"\bnumbers?\b|\bdigits?\b|\bcode\b|\bpin\b|\bzip\b|how (?:much|many)|\bamount|\bdate\b|birth"
        ),
    ),
    (
        Expects.YES_OR_NO,
        re.compile(
            r"^(?:and |so )?(?:is|are|was|do|does|did|can|could|would|will|shall|should|have|has|may)\b"
        ),
    ),
    (Expects.YES_OR_NO, re.compile(r"\b(?:right|correct|okay|yes)\?\s*$")),
)


def last_sentence(text: str) -> str:
    """Return the last sentence with words; empty if there is none."""
    sentences = [part for part in re.split(r"(?<=[.!?])\s+", text.strip()) if re.search(r"\w", part)]
    return sentences[-1] if sentences else ""


def is_question(text: str) -> bool:
    """Whether these words end with a question."""
    return text.rstrip().endswith("?")


def asked_for(text: str) -> Expects | None:
    """Return what the last sentence of an agent's words asks for; None: anything, or nothing."""
    sentence = last_sentence(text).casefold()
    if not _ASKS.search(sentence):
        return None
    return next((kind for kind, words in _ASKED if words.search(sentence)), None)
