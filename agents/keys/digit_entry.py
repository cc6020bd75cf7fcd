"""A number that is being typed, key by key. Pure."""

from __future__ import annotations

from enum import Enum, auto

from agents.roster.keys import KeysEntry

AGAIN = "*"
"""The key that clears the digits typed so far."""


class Step(Enum):
    """The state of the number after a key or a pause."""

    GOES_ON = auto()
    WHOLE = auto()
    TOO_FEW = auto()


class DigitEntry:
    """One try at one number. An end key before the first digit belongs to the number before."""

    def __init__(self, wanted: KeysEntry) -> None:
        self._wanted = wanted
        self.typed = ""

    def press(self, key: str) -> Step:
        if key == self._wanted.end:
            return self.end()
        if key == AGAIN:
            self.typed = ""
        elif key.isdecimal():
            self.typed += key
            if len(self.typed) >= self._wanted.digits.most:
                return Step.WHOLE
        return Step.GOES_ON

    def end(self) -> Step:
        """Take the end key, or a pause that counts as one."""
        if not self.typed:
            return Step.GOES_ON
        return Step.WHOLE if len(self.typed) >= self._wanted.digits.fewest else Step.TOO_FEW
