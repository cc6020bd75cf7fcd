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
├── ActRefused          an operator asked for something impossible; nothing was changed
│   ├── UnknownCall     no such call
│   ├── UnknownHandoff  no such handoff
│   ├── CallOver        the call has ended
│   ├── NoOpenCall      the room has no open call
│   ├── NoCallBack      nobody has to call this caller back
│   ├── NotOnHold       the caller is not on hold
│   ├── TargetNotAllowed   no such role, or it cannot be chosen now
│   ├── StaleState      the handoff is not in a state that allows this
│   ├── SeveralCallers  a number without its country code could be several callers'
│   ├── OnLegalHold     the call is under legal hold already
│   ├── NoLegalHold     the call is under no legal hold
│   ├── NotRecorded     the call's recording cannot be paused, or go on
│   ├── AlreadyRemoved  what was said in the call is gone
│   └── WordsRefused    the text cannot be spoken or accepted
└── SetupFailed         a part of the local stack could not be built or started; exit code 1
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar


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


class ActRefused(BatonError):
    """An operator asked for something impossible; nothing was changed. `kind` is for programs to match."""

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
    """The call has ended; `how` is the `ended_how` of its row."""

    kind = "call-over"
    call_id: str
    how: str | None

    def __str__(self) -> str:
        return f"the call is over: {self.how}"


@dataclass
class NoOpenCall(ActRefused):
    """No open call is in this room."""

    kind = "no-open-call"
    room: str

    def __str__(self) -> str:
        return f"no open call is in the room {self.room}; look for it with: baton calls"


@dataclass
class Supervised(ActRefused):
    """Another listener of this call is heard already: `by`."""

    kind = "supervised"
    call_id: str
    by: str

    def __str__(self) -> str:
        return f"{self.by} coaches or speaks in this call; one at a time is heard"


@dataclass
class NotListening(ActRefused):
    """Nobody of this name listens to the call under this identity."""

    kind = "not-listening"
    call_id: str

    def __str__(self) -> str:
        return "you do not listen to this call; create a listener's token, join, and then speak"


@dataclass
class NoCallBack(ActRefused):
    """Nobody has to call this caller back: nobody ever had to, or `by` has done it."""

    kind = "no-call-back"
    call_id: str
    by: str | None

    def __str__(self) -> str:
        return f"{self.by} has called this caller back" if self.by else "nobody has to call this caller back"


@dataclass
class NotOnHold(ActRefused):
    """The call cannot be resumed: its agent talks with the caller already."""

    kind = "not-on-hold"
    call_id: str

    def __str__(self) -> str:
        return "the caller is not on hold: the agent talks with them already"


@dataclass
class InLine(ActRefused):
    """The caller waits in line: no agent is there that could say, answer or hold anything."""

    kind = "in-line"
    call_id: str

    def __str__(self) -> str:
        return "the caller waits in line for an agent; hand the call to a role, leave a note, or end the call"


@dataclass
class TargetNotAllowed(ActRefused):
    """The roster has no such role, it holds the call already, or (on taking back) it never held the call."""

    kind = "target-not-allowed"
    target: str
    allowed: Sequence[str]

    def __str__(self) -> str:
        right = f"choose one of {', '.join(self.allowed)}" if self.allowed else "there is nobody to choose"
        return f"{self.target or 'nobody'} cannot take this call; {right}"


@dataclass
class PersonNotAllowed(ActRefused):
    """The role's calls are not taken at a desk by somebody of this name, or it is who asks."""

    kind = "person-not-allowed"
    target: str
    person: str
    allowed: Sequence[str]

    def __str__(self) -> str:
        right = f"choose one of {', '.join(self.allowed)}" if self.allowed else "leave the person out"
        return f"{self.person} cannot take this call for {self.target}; {right}"


@dataclass
class StaleState(ActRefused):
    """The handoff is in another state than the act needs. `by` made its latest move, to `moved_to`."""

    kind = "stale-state"
    handoff_id: str
    state: str
    by: str
    moved_to: str

    def __str__(self) -> str:
        return f"the handoff is {self.state}; the latest move, to {self.moved_to}, was by {self.by}"


@dataclass
class SeveralCallers(ActRefused):
    """A number without its country code could be any of these; none: all have it who hide theirs."""

    kind = "several-callers"
    numbers: Sequence[str]

    def __str__(self) -> str:
        if not self.numbers:
            return "all callers who hide their number have this identity, so it is nobody's"
        return f"it could be any of {', '.join(self.numbers)}; write the whole number"


@dataclass
class OnLegalHold(ActRefused):
    """`held_by` has put the call under legal hold."""

    kind = "on-legal-hold"
    held_by: str

    def __str__(self) -> str:
        return f"{self.held_by} has put the call under legal hold already"


@dataclass
class NoLegalHold(ActRefused):
    """The call is under no legal hold."""

    kind = "no-legal-hold"
    call_id: str

    def __str__(self) -> str:
        return "the call is under no legal hold"


@dataclass
class AlreadyRemoved(ActRefused):
    """What was said in the call is gone: there is nothing left to keep."""

    kind = "already-removed"
    call_id: str

    def __str__(self) -> str:
        return "what was said in the call has been removed: there is nothing left to keep"


@dataclass
class NotRecorded(ActRefused):
    """The recording is in another state than the act needs. `state`: its own; "none": nothing is recorded."""

    kind = "not-recorded"
    call_id: str
    state: str
    wanted: str

    def __str__(self) -> str:
        return f"the recording of this call is {self.state} and cannot become {self.wanted}"


@dataclass
class WordsRefused(ActRefused):
    """An operator's text that cannot be spoken or accepted."""

    kind = "words-refused"
    wrong: str
    right: str

    def __str__(self) -> str:
        return f"the words {self.wrong}; {self.right}"


class SetupFailed(BatonError):
    """A part of the local stack could not be built or started."""
