"""What a search looks through, and its words. Both are folded: "muller" finds Müller, 0170 +49170."""

from __future__ import annotations

import re
import unicodedata

from persistence.numbers import HASHED
from persistence.records import Call, Handoff

MOST_TERMS = 8
"""A search with more words than this uses only the first ones."""

_NUMBER = re.compile(r"[\d\s+()/.-]+")
_FEWEST_DIGITS = 3


def found_by_call(call: Call) -> str:
    """What finds the call: one line each, so that no match begins in one and ends in the next."""
    lines = [
        call.id,
        call.room,
        call.caller,
        call.caller_name,
        call.caller_number,
        "" if call.caller_number.startswith(HASHED) else _digits(call.caller_number),
    ]
    return _folded("\n".join(lines))


def found_by_handoff(handoff: Handoff) -> str:
    return _folded(f"{handoff.reason}\n{handoff.target}")


def terms(search: str) -> list[str]:
    """What must all be found: the words; or, of a telephone number, its digits without the leading zeros."""
    digits = _digits(search).lstrip("0")
    if _NUMBER.fullmatch(search) and len(digits) >= _FEWEST_DIGITS:
        return [digits]
    return _folded(search).split()[:MOST_TERMS]


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter.isdecimal())


def _folded(text: str) -> str:
    """Without capitals and accents."""
    spelt_out = unicodedata.normalize("NFKD", text).casefold()
    return "".join(letter for letter in spelt_out if not unicodedata.combining(letter))
