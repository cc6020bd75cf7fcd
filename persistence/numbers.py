"""Telephone numbers as text, and as a keyed hash with a readable ending, such as `#4f1d0c…-567`. Pure."""

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
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_LETTERS = str.maketrans("abcdefghijklmnopqrstuvwxyz", "22233344455566677778889999")
_HIDDEN = ("anonymous", "restricted", "unavailable", "unknown", "private", "blocked")
_SPELT = {word.translate(_LETTERS) for word in _HIDDEN}
"""Some networks send these words for a hidden number, spelt on a telephone's keys, as 266696687."""
_SIP = "sip_"
_HIDING = {spelt for word in (*_HIDDEN, *_SPELT) for spelt in (word, word.capitalize(), f"+{word}")}
_OF_ALL_WHO_HIDE = _HIDING | {hashlib.sha256(word.encode()).hexdigest()[:16] for word in _HIDING}
"""If a dispatch rule hides numbers, the identity is made from the first 8 bytes of the number's hash."""


def digits_of(text: str) -> str:
    """Its digits, without leading zeros: +49 170 and 0049170 are one number."""
    return "".join(letter for letter in text if letter.isdecimal()).lstrip("0")


def is_number(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text)) and len(digits_of(text)) >= _FEWEST_DIGITS


def is_e164(text: str) -> bool:
    """Whether it is written as +, the country code and the rest, without anything between."""
    return bool(_E164.fullmatch(text))


def shown_number(told: str) -> str:
    """The number that a trunk tells of a caller; empty if they hide it, or if it is no number."""
    number = " ".join(told.split())
    hidden = any(letter.isalpha() for letter in number) or digits_of(number) in _SPELT
    return "" if hidden or not digits_of(number) else number


def is_of_all_who_hide(identity: str) -> bool:
    """Whether it is no one caller's: livekit-server makes it of what a trunk tells instead of a number."""
    told = identity.removeprefix(_SIP)
    return told != identity and told in _OF_ALL_WHO_HIDE


def hashed(number: str, key: str) -> str:
    """The same number, however it is set apart, always gives the same. Empty stays empty."""
    digits = digits_of(number)
    if not digits:
        return ""
    hidden = hmac.new(key.encode(), digits.encode(), hashlib.sha256).hexdigest()[:_HASH_LETTERS]
    return f"{HASHED}{hidden}-{digits[-_READABLE:]}"
