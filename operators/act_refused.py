"""The errors for operators' acts that are refused. Nothing was changed."""

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
    """The room belongs to another caller's call, to a person or to a supervisor."""

    kind = "room-taken"
    room: str

    def __str__(self) -> str:
        return f"the room {self.room} is another caller's; leave it out for a new room, or listen"


@dataclass
class Supervised(ActRefused):
    """Another listener, `by`, already speaks in this call."""

    kind = "supervised"
    call_id: str
    by: str

    def __str__(self) -> str:
        return f"{self.by} coaches or speaks in this call; only one supervisor at a time can"


@dataclass
class NotListening(ActRefused):
    """The operator does not listen to the call under this identity."""

    kind = "not-listening"
    call_id: str

    def __str__(self) -> str:
        return "you do not listen to this call; create a listener's token, join, and then speak"


@dataclass
class NoCallBack(ActRefused):
    """Nobody has to call this caller back: it was never necessary, or `by` has done it."""

    kind = "no-call-back"
    call_id: str
    by: str | None

    def __str__(self) -> str:
        return f"{self.by} has called this caller back" if self.by else "nobody has to call this caller back"


@dataclass
class NotOnHold(ActRefused):
    """The call cannot be resumed: its agent already talks with the caller."""

    kind = "not-on-hold"
    call_id: str

    def __str__(self) -> str:
        return "the caller is not on hold: the agent talks with them already"


@dataclass
class InLine(ActRefused):
    """The caller waits in line: there is no agent yet to speak, answer or hold the call."""

    kind = "in-line"
    call_id: str

    def __str__(self) -> str:
        return "the caller waits in line for an agent; hand the call to a role, leave a note, or end the call"


@dataclass
class TargetNotAllowed(ActRefused):
    """The role is not in the roster, already holds the call, or (on taking back) never held it."""

    kind = "target-not-allowed"
    target: str
    allowed: Sequence[str]

    def __str__(self) -> str:
        right = f"choose one of {', '.join(self.allowed)}" if self.allowed else "there is nobody to choose"
        return f"{self.target or 'nobody'} cannot take this call; {right}"


@dataclass
class PersonNotAllowed(ActRefused):
    """No such person takes the role's calls at a desk, or they asked themselves, or have the caller."""

    kind = "person-not-allowed"
    target: str
    person: str
    allowed: Sequence[str]

    def __str__(self) -> str:
        right = f"choose one of {', '.join(self.allowed)}" if self.allowed else "leave the person out"
        return f"{self.person} cannot take this call for {self.target}; {right}"


@dataclass
class StaleState(ActRefused):
    """The handoff is not in the state that the act needs. `by` made its latest move, to `moved_to`."""

    kind = "stale-state"
    handoff_id: str
    state: str
    by: str
    moved_to: str

    def __str__(self) -> str:
        return f"the handoff is {self.state}; the latest move, to {self.moved_to}, was by {self.by}"


@dataclass
class SeveralCallers(ActRefused):
    """A number without its country code matches several callers: `numbers`.

    Empty: the identity is the one that all callers with a hidden number share.
    """

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
    """The call's words have been removed: there is nothing left to keep."""

    kind = "already-removed"
    call_id: str

    def __str__(self) -> str:
        return "what was said in the call has been removed: there is nothing left to keep"


@dataclass
class NotRecorded(ActRefused):
    """The recording is `state` and cannot become `wanted`. A `state` of "none": there is no recording."""

    kind = "not-recorded"
    call_id: str
    state: str
    wanted: str

    def __str__(self) -> str:
        return f"the recording of this call is {self.state} and cannot become {self.wanted}"


@dataclass
class KeysRefused(ActRefused):
    """The text is not a telephone's keys, or too long. The error does not repeat it; see `right`."""

    kind = "keys-refused"
    right: str

    def __str__(self) -> str:
        return f"these keys cannot be pressed; {self.right}"


@dataclass
class KeysNotSent(ActRefused):
    """Not all requested keys were sent. `why` does not contain the keys; the request's row has it too."""

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
