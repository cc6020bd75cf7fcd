"""The rows of the store as frozen records, and the words their columns may hold. Times: integer ms UTC."""

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
"""The speaker of a turn that is not an agent's; an agent's turns carry its role."""

OPERATOR = "operator"
"""The speaker of a turn that an operator had the agent answer; the caller has not heard it."""

MODEL = "model"
"""Who requested a handoff that the holder's model asked for; an operator's carry the operator's name."""

RULE = "rule"
"""Who requested a handoff that the model told the caller of, and did not ask for."""

DEPLOY = "deploy"
"""Who requests what a worker that is told to end hands on; the caller knows nothing of it beforehand."""


class HandoffState(StrEnum):
    """Where a handoff stands. The last six are terminal, and are also the handoff's outcome."""

    REQUESTED = "requested"  # the row is committed; nothing has been done yet
    DISPATCHING = "dispatching"  # an attempt is committed and its target has been called
    BRIEFING = "briefing"  # the target's process claimed the attempt and asked for the brief
    ACCEPTED = "accepted"  # the target said yes
    COMPLETED = "completed"  # the target wrote itself in as holder
    DECLINED = "declined"  # the last target said no
    UNANSWERED = "unanswered"  # nobody claimed, or nobody answered, within the limits
    FAILED = "failed"  # something broke; the reason is on the attempt
    CANCELLED = "cancelled"  # somebody took it back
    ABANDONED = "abandoned"  # the caller left


class CallEnd(StrEnum):
    """How a call ended."""

    CALLER_LEFT = "caller_left"  # hung up, or stayed away longer than the departure time
    GOODBYE = "goodbye"  # the agent ended it after the caller said goodbye
    SILENT = "silent"  # the caller fell silent, was asked once, and stayed silent
    TOO_LONG = "too_long"  # the longest duration was reached
    NO_CALLER = "no_caller"  # the agent waited, and no caller came
    OPERATOR = "operator"  # an operator ended it, or the agent's part in it
    CALL_BACK = "call_back"  # Groq failed, and the caller was promised a call back: somebody has to
    FAILED = "failed"  # Baton could not go on


class SummarySource(StrEnum):
    """Where a handoff's summary came from."""

    MODEL = "model"
    DIGEST = "digest"


class Completes(StrEnum):
    """What a handoff that was accepted waits for."""

    AUTO = "auto"  # nothing: the target takes over when it has been introduced
    OPERATOR = "operator"  # an operator's approval; only then is it introduced


class OperatorRole(StrEnum):
    """What a token is good for."""

    VIEWER = "viewer"  # sees everything, changes nothing
    OPERATOR = "operator"


class RequestKind(StrEnum):
    """What an operator may ask of a call, besides handoffs. The last two are of a room without a call yet."""

    SAY = "say"  # the agent says the words to the caller
    ASK = "ask"  # the agent answers the words as if the caller had said them
    NOTE = "note"  # the agent knows the words from now on
    LEAVE = "leave"  # the agent leaves; the caller stays in the room
    END = "end"  # the agent says goodbye, and the room is closed
    START = "start"  # an agent of a role was put into a room; words: the role
    TOKEN = "token"  # a token for a room was made; words: "caller" or "listener"


class RequestState(StrEnum):
    """Where an operator's request stands. The last two are terminal."""

    REQUESTED = "requested"  # the row is committed, the holder may not know yet
    TAKEN = "taken"  # the holder is at it
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
    lost_at: int | None = None  # when the holder's process was found dead; None again when somebody goes on


@dataclass(frozen=True, slots=True)
class Worker:
    """A process that takes calls. Past `lease_until` it is taken for dead, and its calls for lost."""

    id: WorkerId
    host: str
    started_at: int
    lease_until: int
    draining: bool = False  # it takes no more calls


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing said, whole. `seq` counts from 1 within its call."""

    call_id: CallId
    seq: int
    speaker: str  # CALLER, OPERATOR or a role
    text: str
    started_at: int
    ended_at: int


@dataclass(frozen=True, slots=True)
class Handoff:
    """A call on its way to a target. `attempt_id`, `target` and `target_job` are the current try's."""

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
    note: str = ""  # an operator's own words for the brief
    completes: Completes = Completes.AUTO
    approved_by: str | None = None  # the operator who let an accepted target take over
    redirect_to: RoleName | None = None  # where an operator wants it instead, until that attempt begins
    redirected_by: str | None = None
    attempt_id: AttemptId | None = None
    target_job: JobId | None = None
    target_worker: WorkerId | None = None
    summary: str | None = None  # JSON of agents.groq.summary.Summary
    summary_source: SummarySource | None = None
    accepted_at: int | None = None
    ended_at: int | None = None
    seam_ms: int | None = None  # last sound of the old holder to the first of the new one
    silence_ms: int | None = None  # the longest silence the caller heard on the way


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
    """One move, written by a trigger. Append-only, and its ids only grow: the feed of every live view.

    kind      subject         moved_from → moved_to
    call      the call's id   None → role that answers · role → role (new holder) · role → how it ended
    call      the call's id   role → "lost" (its process died) · "lost" → role that goes on
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
    """What an operator asks of a call's holder, or of LiveKit (START, TOKEN: `call_id` is None then)."""

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
    """Who may watch, or act. The token itself is known to its owner alone."""

    name: str
    role: OperatorRole
    token_hash: str  # SHA-256 of the token, in hex
    made_at: int
    revoked_at: int | None = None


@dataclass(frozen=True, slots=True)
class Trouble:
    """A model that failed in a call. No words."""

    call_id: CallId
    part: str  # "chat", "hearing", "speaking"
    error: str  # a status such as "429", a fault such as "slow", or an error's name
    at: int
