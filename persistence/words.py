"""Words of enums in rows. In a rolling deploy, a newer version may write some that this one does not know."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

W = TypeVar("W", bound=StrEnum)


def word_of(kind: type[W], value: str) -> W:
    """The member with this value. A word that is not known here equals no member, and reads as the word.

    Whoever asks for a certain member is told no, so that such a row is left to a process that knows the word.
    """
    try:
        return kind(value)
    except ValueError:
        return _newer(kind, value)


def is_known(word: StrEnum) -> bool:
    """Whether it is a member of its enum, and not a newer version's word."""
    return word in type(word).__members__.values()


def _newer(kind: type[W], value: str) -> W:
    word = str.__new__(kind, value)
    word._name_, word._value_ = value, value
    return word
