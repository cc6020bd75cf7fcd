"""A telephone number as a keyed hash with a readable ending, such as `#4f1d0c…-567`. Pure."""

from __future__ import annotations

import hashlib
import hmac
import re

HASHED = "#"
"""The first character of a number that is stored as a hash."""

_HASH_LETTERS = 20
_READABLE = 3
_NUMBER = re.compile(r"[\d\s+()/.-]+")
_FEWEST_DIGITS = 5


def digits_of(text: str) -> str:
    """Its digits, without leading zeros: +49 170 and 0049170 are one number."""
    return "".join(letter for letter in text if letter.isdecimal()).lstrip("0")


def is_number(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text)) and len(digits_of(text)) >= _FEWEST_DIGITS


def hashed(number: str, key: str) -> str:
    """The same number, however it is set apart, always gives the same. Empty stays empty."""
    digits = digits_of(number)
    if not digits:
        return ""
    hidden = hmac.new(key.encode(), digits.encode(), hashlib.sha256).hexdigest()[:_HASH_LETTERS]
    return f"{HASHED}{hidden}-{digits[-_READABLE:]}"
