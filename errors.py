"""Every error Baton raises on purpose. A docstring is the message's rule; `retryable` is the decision.

BatonError
├── BadInput            what a person wrote is wrong: settings, roster, command line; exit code 2
│   └── OutOfReach      what a setting names does not answer now; it may be right all the same
├── StoreError
│   ├── StoreUnusable   the database cannot be opened, written, or is newer than the program
│   └── StoreRefused    the database took the statement and said no; asked again, it would say the same
│       ├── StaleHandoff    the row was not in the state the move starts from
│       ├── HandoffOpen     this call already has an open handoff
│       └── HandoffsSpent   this call has used up its handoffs
├── LineFailed          the other agent, or livekit-server, could not be reached or answered with an error
│   └── RequestRefused  livekit-server answered with an error
├── VoiceFailed         a line could not be spoken
├── SummaryFailed       no summary from the model; the digest serves
├── ActRefused          an operator asked for what cannot be; nothing was changed
│   ├── UnknownCall     no such call
│   ├── UnknownHandoff  no such handoff
│   ├── CallOver        the call has ended
│   ├── TargetNotAllowed   the role is none, or not one that may be chosen now
│   ├── StaleState      the handoff is not in a state in which this can be done
│   └── WordsRefused    words that cannot be said, or not be taken
└── SetupFailed         a part of the local stack could not be made or started; exit code 1
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


class BatonError(Exception):
    """The root of all."""

    retryable = False


@dataclass
class BadInput(BatonError):
    """`where` names the setting, or file:line, or field; `wrong` says what is, `right` what would be."""

    where: str
    wrong: str
    right: str

    def __str__(self) -> str:
        return f"{self.where}: {self.wrong}; {self.right}"


class OutOfReach(BadInput):
    """The server that a setting names does not answer, or is in trouble. Trying again later may help."""

    retryable = True


class StoreError(BatonError):
    """The store said no."""


class StoreUnusable(StoreError):
    """The database cannot be opened or written, is no database, or is newer than this program."""


class StoreRefused(StoreError):
    """The row cannot be, as the tables and their guards have it. Nothing is wrong with the store."""


class StaleHandoff(StoreRefused):
    """The guarded statement changed no row: somebody else has moved the handoff first."""


@dataclass
class HandoffOpen(StoreRefused):
    """A call has one open handoff at a time; `handoff_id` is the one that is open."""

    kind = "handoff-open"
    handoff_id: str

    def __str__(self) -> str:
        return f"a handoff is already open: {self.handoff_id}"


class HandoffsSpent(StoreRefused):
    """This call has had as many handoffs as BATON_HANDOFFS_PER_CALL allows."""

    kind = "handoffs-spent"


class LineFailed(BatonError):
    """The other agent, or livekit-server, did not answer in time, has left, or answered with an error."""


@dataclass
class RequestRefused(LineFailed):
    """livekit-server answered with an error. `what`: what it did not do; `code`: its Twirp error code."""

    what: str
    code: str

    def __str__(self) -> str:
        return f"{self.what} ({self.code})"


class VoiceFailed(BatonError):
    """A line could not be spoken, or not to its end."""


class SummaryFailed(BatonError):
    """The model gave no usable summary within its limit."""


class ActRefused(BatonError):
    """An operator asked for what cannot be, and nothing was changed. `kind` names which, for programs."""

    kind: ClassVar[str]


@dataclass
class UnknownCall(ActRefused):
    """No call has this id."""

    kind = "unknown-call"
    call_id: str

    def __str__(self) -> str:
        return f"no call has the id {self.call_id}"


@dataclass
class UnknownHandoff(ActRefused):
    """No handoff has this id."""

    kind = "unknown-handoff"
    handoff_id: str

    def __str__(self) -> str:
        return f"no handoff has the id {self.handoff_id}"


@dataclass
class CallOver(ActRefused):
    """The call has ended; `how` as its row says."""

    kind = "call-over"
    call_id: str
    how: str | None

    def __str__(self) -> str:
        return f"the call is over: {self.how}"


@dataclass
class TargetNotAllowed(ActRefused):
    """The role is none of the roster's, holds the call now, or (taking back) never held it."""

    kind = "target-not-allowed"
    target: str
    allowed: Sequence[str]

    def __str__(self) -> str:
        right = f"choose one of {', '.join(self.allowed)}" if self.allowed else "there is nobody to choose"
        return f"{self.target or 'nobody'} cannot take this call; {right}"


@dataclass
class StaleState(ActRefused):
    """The handoff has moved on, or is not there yet. `by` made its latest move, to `moved_to`."""

    kind = "stale-state"
    handoff_id: str
    state: str
    by: str
    moved_to: str

    def __str__(self) -> str:
        return f"the handoff is {self.state}; the latest move, to {self.moved_to}, was by {self.by}"


@dataclass
class WordsRefused(ActRefused):
    """Words that cannot be said, or not be taken."""

    kind = "words-refused"
    wrong: str
    right: str

    def __str__(self) -> str:
        return f"the words {self.wrong}; {self.right}"


class SetupFailed(BatonError):
    """A part of the local stack could not be made or started."""
