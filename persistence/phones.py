"""The rows of people called by telephone: one row each time a number is dialled.

**Shape.** One table, `dials`. A dial is for one entry of the queue (`persistence.people`), and stands in for
the offer that rings at a desk. Its row is there before the number is dialled. The number itself is in no row:
`line` stands for it, and is the same for the same number; `shown` is its end.

**Who moves what** (`persistence.contract.phones`). The proxy dials, tells of ringing and answer, and writes
the outcome. `take_by_phone` makes the dial whose person accepts the caller's talk: an accepted offer under
the dial's id. When the entry leaves the queue, or the talk ends, the store ends its dials itself.

**One call a number.** A line is taken until its dial is `gone`: nobody is on it any more. Whoever ends a
dial hangs up, then says so; what a killed process leaves behind is found by `dials_left`.

**Out of the call.** `refer` is written before a caller's provider is asked to connect them to the line: once
the person has accepted, or instead of dialling it ourselves (blind).

Times: integer ms UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from persistence.people import EntryId, Person
from persistence.records import CallId, RoleName

DialId = NewType("DialId", str)

DAY_MS = 86_400_000


class DialState(StrEnum):
    """Where a dialled call is. The first four are open; of the others, each is an outcome."""

    DIALLING = "dialling"  # the row is there, and the number may have been dialled
    RINGING = "ringing"
    ANSWERED = "answered"  # by a person or a machine: nobody has accepted the caller
    ACCEPTED = "accepted"  # a person has the caller

    BUSY = "busy"
    DECLINED = "declined"  # by hand: on the telephone, with key 2, or by a word
    NO_ANSWER = "no_answer"  # it rang until its limit
    UNREACHABLE = "unreachable"  # switched off, or no way there
    WRONG_NUMBER = "wrong_number"
    TRUNK_REFUSED = "trunk_refused"  # nobody at all can be called this way
    MACHINE = "machine"  # a mailbox or a menu answered
    SCREENED = "screened"  # something that asks who calls answered
    HUNG_UP = "hung_up"  # answered, and put down again before anybody accepted
    SILENT = "silent"  # answered, and nothing was heard
    NOT_ACCEPTED = "not_accepted"  # somebody spoke, and never said yes or no
    CANCELLED = "cancelled"  # not wanted any more: the caller left, or another person was first
    TALKED = "talked"  # the talk with the caller is over

    @property
    def is_open(self) -> bool:
        return self in OPEN


class Refer(StrEnum):
    """What came of asking the provider of a caller by telephone to connect them outside (SIP's REFER)."""

    ASKED = "asked"  # nobody knows yet; or the process was killed, and the caller may have left
    LEFT = "left"  # the caller is with the person, and no longer with us
    REFUSED = "refused"  # by the caller's provider, or on the way to the person
    BUSY = "busy"  # the person's telephone takes no second call
    FAILED = "failed"  # no answer in time, or no gateway


OPEN = frozenset({DialState.DIALLING, DialState.RINGING, DialState.ANSWERED, DialState.ACCEPTED})

REASONS: Mapping[DialState, str] = {
    DialState.BUSY: "the telephone is busy",
    DialState.DECLINED: "they cannot take it now",
    DialState.NO_ANSWER: "nobody answered the telephone",
    DialState.UNREACHABLE: "the telephone cannot be reached",
    DialState.WRONG_NUMBER: "the number does not exist",
    DialState.TRUNK_REFUSED: "the telephone line to outside does not work",
    DialState.MACHINE: "a machine answered the telephone",
    DialState.SCREENED: "the telephone asks who calls",
    DialState.HUNG_UP: "they hung up before they heard what it is about",
    DialState.SILENT: "nobody spoke on the telephone",
    DialState.NOT_ACCEPTED: "they did not say that they take it",
    DialState.CANCELLED: "the call is not wanted any more",
}
"""Why nobody has taken the caller, by the dial's state. The handoff's attempt gets this reason."""


@dataclass(frozen=True, slots=True)
class Dial:
    """One time that a number is dialled, and its outcome."""

    id: DialId
    entry_id: EntryId
    call_id: CallId
    role: RoleName
    person: Person
    line: str
    shown: str
    dialled_at: int
    state: DialState = DialState.DIALLING
    answered_at: int | None = None
    ended_at: int | None = None
    gone_at: int | None = None  # when nobody was on the line any more
    refer: Refer | None = None  # None: the caller is bridged, or was
