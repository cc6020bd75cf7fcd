"""Every error that Baton raises on purpose. `retryable` says whether the same request may succeed later.

BatonError
├── BadInput            something a person wrote is wrong: settings, roster, command line; exit code 2
│   ├── BadInputs       several of these, found together
│   └── OutOfReach      the server that a setting names does not answer now; the setting may be right
├── StoreError
│   ├── StoreUnusable   the database cannot be opened or written, or is newer than the program
│   │   └── StoreMissing    there is none yet
│   └── StoreRefused    the database rejected the statement, and would reject it again
│       ├── StaleHandoff    the row was not in the state that the move starts from
│       ├── HandoffOpen     the call already has an open handoff
│       ├── HandoffsSpent   the call has used up its handoffs
│       └── OnHold          the caller is on hold, and only operators act on the call
├── LineFailed          the other agent, or livekit-server, did not answer or answered with an error
│   └── RequestRefused  livekit-server answered with an error
│       └── NobodyServes    no living node of livekit-server has the room or participant
├── VoiceFailed         a line could not be spoken
├── SummaryFailed       no summary from the model; a digest without a model takes its place
├── ActRefused          an operator asked for something impossible (operators/act_refused.py)
└── SetupFailed         a part of the local stack could not be built or started; exit code 1
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass


class BatonError(Exception):
    """The base class."""

    retryable = False


@dataclass
class BadInput(BatonError):
    """One mistake: `where` (setting, file:line or field), what is `wrong`, and what would be `right`."""

    where: str
    wrong: str
    right: str

    def __str__(self) -> str:
        return f"{self.where}: {self.wrong}; {self.right}"

    @property
    def each(self) -> Sequence[BadInput]:
        """The single mistakes, to be reported one a line."""
        return (self,)


class BadInputs(BadInput):
    """Two or more mistakes. As one BadInput it stands for the first; its text has one line for each."""

    def __init__(self, mistakes: Sequence[BadInput]) -> None:
        super().__init__(mistakes[0].where, mistakes[0].wrong, mistakes[0].right)
        self._mistakes = tuple(mistakes)

    def __str__(self) -> str:
        return "\n".join(map(str, self._mistakes))

    @property
    def each(self) -> Sequence[BadInput]:
        return self._mistakes


class Mistakes:
    """Collects BadInput from several checks, so that a person sees all mistakes after one start."""

    def __init__(self) -> None:
        self._found: list[BadInput] = []

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """Keep the BadInput that the block raises; the same mistake is kept once."""
        try:
            yield
        except BadInput as bad:
            self.add(bad)

    def add(self, bad: BadInput) -> None:
        self._found += [one for one in bad.each if one not in self._found]

    def tell(self) -> None:
        """Raises: BadInput, if any was collected."""
        if self._found:
            raise self._found[0] if len(self._found) == 1 else BadInputs(self._found)


class OutOfReach(BadInput):
    """The server that a setting names does not answer, or answers with trouble. A later try may succeed."""

    retryable = True


class StoreError(BatonError):
    """An operation of the store failed."""


class StoreUnusable(StoreError):
    """The database cannot be opened or written, is not a database, or is newer than this program."""


class StoreMissing(StoreUnusable):
    """There is no database at the configured place. A command that only looks does not create one."""


class StoreRefused(StoreError):
    """A constraint or a guard rejected the statement. The store itself is healthy."""


class StaleHandoff(StoreRefused):
    """The guarded statement changed no row: another process moved the handoff first."""


@dataclass
class HandoffOpen(StoreRefused):
    """A call has at most one open handoff; `handoff_id` is the open one."""

    kind = "handoff-open"
    handoff_id: str

    def __str__(self) -> str:
        return f"a handoff is already open: {self.handoff_id}"


class HandoffsSpent(StoreRefused):
    """The call has had as many handoffs as BATON_HANDOFFS_PER_CALL allows."""

    kind = "handoffs-spent"


@dataclass
class OnHold(StoreRefused):
    """`held_by` has put the caller on hold. The call goes on when an operator resumes it or hands it on."""

    kind = "on-hold"
    held_by: str

    def __str__(self) -> str:
        return f"{self.held_by} has put the caller on hold; resume the call first, or hand it to another role"


class LineFailed(BatonError):
    """The other agent, or livekit-server, did not answer in time, has left, or answered with an error."""


@dataclass
class RequestRefused(LineFailed):
    """livekit-server answered with an error: Twirp's `code`, HTTP's `status`. `what`: the failed request."""

    what: str
    code: str
    status: int

    def __str__(self) -> str:
        return f"{self.what} ({self.code}, status {self.status})"


class NobodyServes(RequestRefused):
    """The node of livekit-server that had the room or the participant does not answer: it is dead."""


class VoiceFailed(BatonError):
    """A line could not be spoken to its end."""


class SummaryFailed(BatonError):
    """The model gave no usable summary within its time limit."""


class SetupFailed(BatonError):
    """A part of the local stack could not be built or started."""
