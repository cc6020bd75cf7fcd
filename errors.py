"""Every error Baton raises on purpose. A docstring is the message's rule; `retryable` is the decision.

BatonError
├── BadInput            what a person wrote is wrong: settings, roster, command line; exit code 2
│   └── OutOfReach      what a setting names does not answer now; it may be right all the same
├── StoreError
│   ├── StoreUnusable   the database cannot be opened, written, or is newer than the program
│   ├── StaleHandoff    the row was not in the state the move starts from
│   ├── HandoffOpen     this call already has an open handoff
│   └── HandoffsSpent   this call has used up its handoffs
├── LineFailed          the other agent could not be reached, or answered with an error
├── VoiceFailed         a line could not be spoken
├── SummaryFailed       no summary from the model; the digest serves
└── SetupFailed         a part of the local stack could not be made or started; exit code 1
"""

from __future__ import annotations

from dataclasses import dataclass


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


class StaleHandoff(StoreError):
    """The guarded statement changed no row: somebody else has moved the handoff first."""


@dataclass
class HandoffOpen(StoreError):
    """A call has one open handoff at a time; `handoff_id` is the one that is open."""

    handoff_id: str

    def __str__(self) -> str:
        return f"a handoff is already open: {self.handoff_id}"


class HandoffsSpent(StoreError):
    """This call has had as many handoffs as BATON_HANDOFFS_PER_CALL allows."""


class LineFailed(BatonError):
    """The other agent did not answer in time, has left, or answered with an error."""


class VoiceFailed(BatonError):
    """A line could not be spoken, or not to its end."""


class SummaryFailed(BatonError):
    """The model gave no usable summary within its limit."""


class SetupFailed(BatonError):
    """A part of the local stack could not be made or started."""
