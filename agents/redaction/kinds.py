"""What can be redacted, and what is stored in its place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

Kind = Literal["card", "account", "telephone", "email", "identity"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_IN_PLACE: dict[Kind, str] = {
    "card": "[card number]",
    "account": "[account number]",
    "telephone": "[telephone number]",
    "email": "[e-mail address]",
    "identity": "[identity number]",
}
PART = "[number]"
"""Stored in place of a part of such a number: a read-back in pieces, or a number that was never finished."""

_MARK = re.compile(
    r"\[card number ending \d{4}\]|" + "|".join(re.escape(mark) for mark in (*_IN_PLACE.values(), PART))
)

LONGEST_STAYING = 6
"""Digits of an unfinished number that may stay. PCI DSS 4.0, 3.4.1, allows a card's first six to be shown."""

_SHOWN = 4
"""Digits of a card that are shown. PCI DSS 4.0, 3.4.1, allows the last four to be shown."""


@dataclass(frozen=True, slots=True)
class Found:
    """A number or an address, from `start` to `end` of a text. `digits`: those of a number."""

    start: int
    end: int
    kind: Kind
    digits: str = ""
    is_part: bool = False

    @property
    def in_place(self) -> str:
        """What is stored instead."""
        if self.is_part:
            return PART
        if self.kind == "card" and len(self.digits) >= 3 * _SHOWN:
            return f"[card number ending {self.digits[-_SHOWN:]}]"
        return _IN_PLACE[self.kind]


def is_redacted(text: str) -> bool:
    """Whether something in a stored text stands for what was redacted."""
    return _MARK.search(text) is not None


def last_shown(digits: str) -> str:
    """The part of a card number that may be shown."""
    return digits[-_SHOWN:]
