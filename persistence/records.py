"""The store's rows as frozen records, and the words that their columns may hold. Times: integer ms UTC."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

CallId = NewType("CallId", str)
HandoffId = NewType("HandoffId", str)
AttemptId = NewType("AttemptId", str)
JobId = NewType("JobId", str)
WorkerId = NewType("WorkerId", str)
RoleName = NewType("RoleName", str)
RequestId = NewType("RequestId", str)

CALLER = "caller"
"""The speaker of a caller's turn. An agent's turn names its role instead."""

OPERATOR = "operator"
"""The speaker of words that an operator had the agent answer. The caller has not heard them."""

MODEL = "model"
"""`requested_by` of a handoff that the holder's model asked for. An operator's handoff has their name."""

RULE = "rule"
"""`requested_by` of a handoff that the model promised to the caller without asking for it."""

HELD = "held"
"""What the events call a call whose caller is on hold."""

DEPLOY = "deploy"
"""`requested_by` of a handoff to another worker, because this one drains. The caller was not told."""


class HandoffState(StrEnum):
    """The state of a handoff. The last six are terminal, and are also its outcome."""

    REQUESTED = "requested"  # the row is committed; nothing else has happened yet
    DISPATCHING = "dispatching"  # an attempt is committed and its target has been called
    BRIEFING = "briefing"  # the target's process claimed the attempt and asked for the brief
    ACCEPTED = "accepted"  # the target said yes
    COMPLETED = "completed"  # the target has written itself in as holder
    DECLINED = "declined"  # the last target said no
    UNANSWERED = "unanswered"  # no target claimed or answered within the limits
    FAILED = "failed"  # something broke; the reason is on the attempt
    CANCELLED = "cancelled"  # it was taken back
    ABANDONED = "abandoned"  # the caller left


class CallEnd(StrEnum):
    """How a call ended."""

    CALLER_LEFT = "caller_left"  # hung up, or was disconnected for longer than BATON_DEPARTURE_S
    GOODBYE = "goodbye"  # the agent ended it after the caller said goodbye
    SILENT = "silent"  # the caller stayed silent after being asked once
    TOO_LONG = "too_long"  # BATON_LONGEST_CALL_S was reached
    NO_CALLER = "no_caller"  # no caller came within BATON_CALLER_WAIT_S
    OPERATOR = "operator"  # an operator ended it
    CALL_BACK = "call_back"  # Groq failed, and the caller was promised a call back: a person has to make it
    FAILED = "failed"  # Baton could not go on


class CallBack(StrEnum):
    """Why somebody has to call a caller back."""

    PROMISED = "promised"  # the caller was promised it, because Groq failed
    CUT_OFF = "cut_off"  # Baton could not go on, or the call reached its longest duration
    LOST = "lost"  # the caller hung up while no agent was there
    LEFT_WAITING = "left_waiting"  # the caller hung up during a handoff, or on hold
    NOT_REACHED = "not_reached"  # the last handoff found nobody, and the caller hung up


class SummarySource(StrEnum):
    """Where a handoff's summary came from."""

    MODEL = "model"
    DIGEST = "digest"


class Completes(StrEnum):
    """What an accepted handoff waits for."""

    AUTO = "auto"  # nothing: the target takes over once it is introduced
    OPERATOR = "operator"  # an operator's approval, before the introduction


class OperatorRole(StrEnum):
    """What a token allows."""

    VIEWER = "viewer"  # sees everything, changes nothing
    OPERATOR = "operator"


class RequestKind(StrEnum):
    """What an operator may request besides handoffs. The last two concern a room without a call yet."""

    SAY = "say"  # the agent says the words to the caller
    ASK = "ask"  # the agent replies to the words as if the caller had said them
    NOTE = "note"  # the agent knows the words from now on
    END = "end"  # the agent says goodbye, and the room is closed
    START = "start"  # an agent was dispatched to a room; words: its role
    TOKEN = "token"  # a token for a room was made; words: "caller" or "listener"


class RequestState(StrEnum):
    """The state of an operator's request. The last two are terminal."""

    REQUESTED = "requested"  # the row is committed; the holder may not know yet
    TAKEN = "taken"  # the holder is working on it
    DONE = "done"
    FAILED = "failed"  # the reason is on the row


@dataclass(frozen=True, slots=True)
class Call:
    """One caller's stay in one room. Open while `ended_at` is None; at most one open call a room."""

    id: CallId
    room: str
    caller: str  # the caller's identity in the room
    holder_role: RoleName
    holder_job: JobId
    worker: WorkerId
    started_at: int
    ended_at: int | None = None
    ended_how: CallEnd | None = None
    lost_at: int | None = None  # when the holder's process was found dead; None once the call is recovered
    caller_name: str = ""  # as LiveKit tells it; empty if it does not
    caller_number: str = ""  # of a caller by telephone, as LiveKit tells it
    call_back: CallBack | None = None  # why somebody has to call the caller back; None if nobody has to
    called_back_at: int | None = None
    called_back_by: str | None = None  # the operator who did
    held_at: int | None = None  # since when the caller is on hold; None: the agent talks with them
    held_by: str | None = None  # the operator who put them on hold


@dataclass(frozen=True, slots=True)
class Worker:
    """A process that takes calls. After `lease_until` it counts as dead, and its calls as lost."""

    id: WorkerId
    host: str
    started_at: int
    lease_until: int
    draining: bool = False  # it takes no new calls


@dataclass(frozen=True, slots=True)
class Turn:
    """One complete utterance. `seq` counts from 1 within its call."""

    call_id: CallId
    seq: int
    speaker: str  # CALLER, OPERATOR or a role
    text: str
    started_at: int
    ended_at: int
    typed: bool = False  # by the caller, on their page
    nod: bool = False  # a caller's word of listening while the agent spoke: no turn, and not answered


@dataclass(frozen=True, slots=True)
class Handoff:
    """A call on its way to a target. `attempt_id`, `target` and `target_job` are the current attempt's."""

    id: HandoffId
    call_id: CallId
    from_role: RoleName
    from_job: JobId
    target: RoleName
    reason: str
    requested_by: str  # MODEL, RULE, DEPLOY, or an operator's name
    idempotency_key: str
    state: HandoffState
    requested_at: int
    note: str = ""  # an operator's words for the brief
    completes: Completes = Completes.AUTO
    approved_by: str | None = None  # the operator who let an accepted target take over
    redirect_to: RoleName | None = None  # the target an operator wants instead, until that attempt begins
    redirected_by: str | None = None
    redirect_reason: str = ""  # why, for the target of the redirection; without it, `reason` counts
    redirect_note: str = ""  # an operator's words for the brief of that target
    attempt_id: AttemptId | None = None
    target_job: JobId | None = None
    target_worker: WorkerId | None = None
    summary: str | None = None  # JSON of agents.groq.summary.Summary
    summary_source: SummarySource | None = None
    accepted_at: int | None = None
    ended_at: int | None = None
    # What was measured at the caller's side, in ms; None: not measured, or it did not happen.
    seam_ms: int | None = None  # from the old holder's last sound to the new holder's first
    silence_ms: int | None = None  # the longest silence that the caller heard meanwhile
    on_hold_ms: int | None = None  # from the hold line's end until an agent spoke with the caller again
    music_ms: int | None = None  # how much of that had music
    time_to_target_ms: int | None = None  # from the request to the target's first word

    @property
    def told_reason(self) -> str:
        """Why the call goes to the current target."""
        return self.redirect_reason or self.reason

    @property
    def told_notes(self) -> tuple[str, ...]:
        """Operators' words for the current target, the oldest first."""
        return tuple(note for note in (self.note, self.redirect_note) if note)

    @property
    def reason_is_private(self) -> bool:
        """Whether the reason is an operator's, which the caller is not told."""
        return bool(self.redirect_reason) or self.requested_by != MODEL


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to reach one target. `outcome` is None while it is open."""

    id: AttemptId
    handoff_id: HandoffId
    target: RoleName
    started_at: int
    dispatch_id: str | None = None
    job: JobId | None = None
    claimed_at: int | None = None
    accepted_at: int | None = None
    ended_at: int | None = None
    outcome: HandoffState | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One move. Append-only; the id is the cursor of every live view (see `persistence.contract.feed`).

    kind      subject         moved_from → moved_to
    call      the call's id   None → role that answers · role → role (new holder) · role → how the call ended
    call      the call's id   role → "lost" (its process died) · "lost" → role that recovered it
    call      the call's id   "caller_left" → role that goes on: the caller has come back
    call      the call's id   why the caller had to be called back → "called_back"
    call      the call's id   role → "held" (an operator put the caller on hold) · "held" → role or end
    turn      the turn's seq  None → speaker
    handoff   its id          state → state
    attempt   its id          state → state
    request   its id          None → kind (an operator asks) · kind → "done" or "failed"
    request   a handoff's id  state → "approved" · target → role it is redirected to
    """

    id: int
    call_id: CallId | None
    subject: str
    kind: str
    moved_from: str | None
    moved_to: str
    actor: str
    at: int


@dataclass(frozen=True, slots=True)
class OperatorRequest:
    """What an operator asked of a call's holder, or of LiveKit (START and TOKEN: `call_id` is None)."""

    id: RequestId
    call_id: CallId | None
    room: str
    kind: RequestKind
    words: str
    requested_by: str  # an operator's name
    idempotency_key: str
    requested_at: int
    state: RequestState = RequestState.REQUESTED
    taken_by: JobId | None = None
    ended_at: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Operator:
    """A person who may watch, or act. Only the hash of the token is stored."""

    name: str
    role: OperatorRole
    token_hash: str  # SHA-256 of the token, in hex
    made_at: int
    revoked_at: int | None = None


@dataclass(frozen=True, slots=True)
class Trouble:
    """A model error in a call, without anything that was said."""

    call_id: CallId
    part: str  # "chat", "hearing", "speaking"
    error: str  # an HTTP status such as "429", a fault such as "slow", or an exception's name
    at: int
