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
ToolUseId = NewType("ToolUseId", str)

CALLER = "caller"
"""The speaker of a caller's turn. An agent's turn names its role instead."""

OPERATOR = "operator"
"""The speaker of an operator's words that the agent had to answer. The caller has not heard these words."""

MODEL = "model"
"""`requested_by` of a handoff that the holder's model asked for. An operator's handoff has their name."""

RULE = "rule"
"""`requested_by` of a handoff that no model asked for, such as one that it only announced to the caller."""

HELD = "held"
"""A call's state in events while its caller is on hold."""

WAITING = "waiting"
"""A call's state in events while its caller waits in line for an agent."""

DEPLOY = "deploy"
"""`requested_by` of a handoff to another worker because this one drains. The caller was not told."""


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
    GAVE_UP = "gave_up"  # hung up while waiting in line, before any agent could take the call
    TRANSFERRED = "transferred"  # left for the telephone of the person who accepted them (REFER)
    FAILED = "failed"  # Baton could not go on


class CallBack(StrEnum):
    """Why somebody has to call a caller back."""

    PROMISED = "promised"  # the caller was promised it, because Groq failed
    CUT_OFF = "cut_off"  # Baton could not go on, or the call reached its longest duration
    LOST = "lost"  # the caller hung up while no agent was there
    LEFT_WAITING = "left_waiting"  # the caller hung up during a handoff, on hold, or in line
    NOT_REACHED = "not_reached"  # the last handoff found nobody, and the caller hung up


class SummarySource(StrEnum):
    """Where a handoff's summary came from."""

    MODEL = "model"
    DIGEST = "digest"


class Completes(StrEnum):
    """What an accepted handoff waits for."""

    AUTO = "auto"  # nothing: the target takes over once it is introduced
    OPERATOR = "operator"  # an operator's approval, before the introduction


class RequestKind(StrEnum):
    """What an operator may request besides handoffs. The last two concern a room without a call yet."""

    SAY = "say"  # the agent says the words to the caller
    ASK = "ask"  # the agent replies to the words as if the caller had said them
    NOTE = "note"  # the agent knows the words from now on
    KEYS = "keys"  # keys are pressed for a telephone; words: how many, and whose. No row has the keys
    END = "end"  # the agent says goodbye, and the room is closed
    START = "start"  # an agent was dispatched to a room; words: its role
    TOKEN = "token"  # a token for a room was made; words: "caller"


class RequestState(StrEnum):
    """The state of an operator's request. The last two are terminal."""

    REQUESTED = "requested"  # the row is committed; the holder may not know yet
    TAKEN = "taken"  # the holder is working on it
    DONE = "done"
    FAILED = "failed"  # the reason is on the row


class Lookup(StrEnum):
    """What became of an agent's look into its role's documents."""

    FOUND = "found"
    NOTHING = "nothing"  # no passage has a word of the question
    FAILED = "failed"  # the documents could not be searched


class ToolUseState(StrEnum):
    """What became of a use of a role's own tool. All but the first are terminal."""

    BEGUN = "begun"  # the row is committed; the tool may not have been called yet
    DONE = "done"  # it answered
    FAILED = "failed"  # it did not happen
    LATE = "late"  # no answer within its limit
    UNKNOWN = "unknown"  # it broke off, or its process died: it may have happened


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
    queued_at: int | None = None  # since when the caller waits, or waited, in line; None: never
    admitted_at: int | None = None  # when an agent took a caller who had waited in line
    legal_hold_at: int | None = None  # since when nothing of it may be removed
    legal_hold_by: str | None = None
    words_gone_at: int | None = None  # when what was said was removed
    numbers_gone_at: int | None = None  # when the caller's identity, name, number and the room were removed
    forgotten_by: str | None = None  # who removed both, because the person asked for it

    @property
    def is_waiting(self) -> bool:
        """Whether the caller waits in line: held by a waiting room, for the role that will answer."""
        return self.queued_at is not None and self.admitted_at is None and self.ended_at is None

    @property
    def left(self) -> CallEnd:
        """How the call ends if the caller hangs up now."""
        return CallEnd.GAVE_UP if self.is_waiting else CallEnd.CALLER_LEFT


@dataclass(frozen=True, slots=True)
class Worker:
    """A process that takes calls. After `lease_until` it counts as dead, and its calls as lost."""

    id: WorkerId
    host: str
    started_at: int
    lease_until: int
    draining: bool = False  # it takes no new calls
    room_for: int = 0  # further calls that it can carry well
    protocol: int = 1  # the version of the protocol between agents (transfer/protocol.py)


@dataclass(frozen=True, slots=True)
class SpentLimit:
    """Groq refuses `model` for the key that `account` stands for; `day`: a day's limit is spent.

    `since` and `until` are the store's clock's, and `left_ms` is what was left when the row was read.
    """

    account: str
    model: str
    day: bool
    since: int
    until: int
    left_ms: int


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
    person: str | None = None  # whom of the target's people it is for; None: any of them
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
    on_hold_ms: int | None = None  # from the first hold line's end until an agent spoke with them again
    music_ms: int | None = None  # how much of that had music, from its first sound to its last
    time_to_target_ms: int | None = None  # from the request to the target's first word

    @property
    def is_over(self) -> bool:
        """Whether its state is terminal, also one that this version does not know."""
        return self.ended_at is not None

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
    call      the call's id   None → "waiting" (in line) · "waiting" → role that takes the caller, or end
    call      the call's id   None → "legal_hold" · "legal_hold" → "released" · None → "forgotten"
    turn      the turn's seq  None → speaker
    handoff   its id          state → state
    attempt   its id          state → state
    request   its id          None → kind (an operator asks) · kind → "done" or "failed"
    knowledge the sources     None → "found", "nothing" or "failed": an agent looked something up
    tool      the use's id    None → the tool's name (it began) · the tool's name → how it ended
    recording the call's id   None → "on" (the caller agrees) or "refused" · state → state of the recording
    listener  their identity  None → "asked" (a token to hear the call) → "joined" · "joined" ↔ "left"
    listener  their identity  mode → mode: "listen", "coach", "barge" or "take_over"
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
class Trouble:
    """A model error in a call, without anything that was said."""

    call_id: CallId
    part: str  # "chat", "hearing", "speaking"
    error: str  # an HTTP status such as "429", a fault such as "slow", or an exception's name
    at: int


@dataclass(frozen=True, slots=True)
class ToolUse:
    """One use of a role's own tool. `arguments` (JSON) and `answer` are without secret parameters' values."""

    id: ToolUseId
    call_id: CallId
    seq: int  # in its call
    role: RoleName
    tool: str
    arguments: str
    arguments_hash: str  # SHA-256 in hex; keyed, and of what was not redacted, if `arguments` were redacted
    idempotency_key: str
    once: bool  # it must not happen twice in a call
    job: JobId  # the process that began it
    began_at: int
    state: ToolUseState = ToolUseState.BEGUN
    ended_at: int | None = None
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Used:
    """What was asked of one model, in the units that Groq bills. Audio in ms."""

    requests: int = 0  # those that Groq took
    refused: int = 0  # those that it refused: they cost nothing
    untold: int = 0  # chat requests whose tokens Groq did not tell: the answer was not read to its end
    prompt_tokens: int = 0  # with cached_tokens
    cached_tokens: int = 0
    completion_tokens: int = 0
    characters: int = 0  # of speech
    audio_ms: int = 0  # as sent
    billed_audio_ms: int = 0  # each recording counts as 10 s at least


@dataclass(frozen=True, slots=True)
class Cost:
    """What one process used of one model for a call. `thrown_away`: for guesses that turned out wrong."""

    call_id: CallId
    job: JobId
    model: str
    thrown_away: bool
    used: Used
