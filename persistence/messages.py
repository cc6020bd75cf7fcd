"""The rows of messages that callers left for people who could not take their call.

A message is OPEN until a person has it (TAKEN), and DONE once it is dealt with. It may be put back, and what
was done may be opened again. What it says is among its call's words, and goes when they go.

Times: integer ms UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from persistence.people import Person
from persistence.records import CallId, RoleName

MessageId = NewType("MessageId", str)

LONGEST_WORDS = 2_000
LONGEST_NAME = 200
"""Most characters of a message; and of its recipient's name, and of the way to reach the caller."""


class MessageState(StrEnum):
    """What has come of a message."""

    OPEN = "open"  # nobody has it
    TAKEN = "taken"  # a person sees to it
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a caller's. `words`, `for_whom` and `reach` are as they were read back to them."""

    id: MessageId
    call_id: CallId
    role: RoleName  # whose people it is for
    from_role: RoleName  # who took it
    words: str
    for_whom: str  # one of the role's people, in the caller's words; empty: any of them
    reach: str  # how to reach the caller; empty: as they called
    left_at: int
    state: MessageState = MessageState.OPEN
    person: Person | None = None  # who has it, or has done it
    moved_at: int = 0  # its latest move
