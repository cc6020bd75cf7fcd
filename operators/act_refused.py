"""Acts that operators ask for and cannot have. Nothing was changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from errors import BatonError


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
class RoomTaken(ActRefused):
    """The room is of somebody's call, or of a person or a supervisor."""

    kind = "room-taken"
    room: str

    def __str__(self) -> str:
        return f"the room {self.room} is not for another caller; leave it out for a new one, or listen"


@dataclass
class Supervised(ActRefused):
    """Another listener of this call is heard already: `by`."""

    kind = "supervised"
    call_id: str
    by: str

    def __str__(self) -> str:
        return f"{self.by} coaches or speaks in this call; only one supervisor at a time can"


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
            return "all callers who hide their number share this identity: it belongs to no one caller"
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
class KeysRefused(ActRefused):
    """What should be pressed are no keys of a telephone, or too many. They are not repeated: see `right`."""

    kind = "keys-refused"
    right: str

    def __str__(self) -> str:
        return f"these are no keys that can be pressed; {self.right}"


@dataclass
class KeysNotSent(ActRefused):
    """Keys were asked for, and not all were sent: `why`, without them. The request's row says it too."""

    kind = "keys-not-sent"
    why: str

    def __str__(self) -> str:
        return self.why


@dataclass
class WordsRefused(ActRefused):
    """An operator's text that cannot be spoken or accepted."""

    kind = "words-refused"
    wrong: str
    right: str

    def __str__(self) -> str:
        return f"the words {self.wrong}; {self.right}"
