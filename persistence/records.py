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

CALLER = "caller"
"""The speaker of a turn that is not an agent's; an agent's turns carry its role."""


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
    FAILED = "failed"  # Baton could not go on


class SummarySource(StrEnum):
    """Where a handoff's summary came from."""

    MODEL = "model"
    DIGEST = "digest"


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


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing said, whole. `seq` counts from 1 within its call."""

    call_id: CallId
    seq: int
    speaker: str  # CALLER or a role
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
    requested_by: str  # "model", "rule", or an operator's name
    idempotency_key: str
    state: HandoffState
    requested_at: int
    attempt_id: AttemptId | None = None
    target_job: JobId | None = None
    summary: str | None = None  # JSON of agents.summary.Summary
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
    """One move, written by a trigger: `subject` is a call's, a handoff's or a worker's id. Append-only."""

    id: int
    call_id: CallId | None
    subject: str
    kind: str  # "call", "handoff", "attempt"
    moved_from: str | None
    moved_to: str
    actor: str
    at: int
