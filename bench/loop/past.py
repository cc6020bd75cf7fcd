"""The database every round begins with: handed over calls that have ended, and open ones for new handoffs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from persistence.contract.store import Store
from persistence.engines import migrate, open_store
from persistence.records import (
    Attempt,
    AttemptId,
    Call,
    CallEnd,
    CallId,
    Handoff,
    HandoffId,
    HandoffState,
    JobId,
    Operator,
    OperatorRole,
    RoleName,
    SummarySource,
    WorkerId,
)

FROM_ROLE, TARGET = RoleName("front-desk"), RoleName("billing")
REASON = "you were charged twice for your last invoice"
TURNS = (
    ("caller", "Hello, I was charged twice for the last invoice, and I would like one of them back."),
    ("front-desk", "I am sorry to hear that. I will bring somebody from billing into this call."),
)
SUMMARY = json.dumps(
    {
        "matter": REASON,
        "done": "The front desk heard what it is about, looked nothing up, and handed the call over.",
        "wanted": "The caller wants the second payment back on the account that it came from.",
        "mood": "calm",
        "facts": {"invoice": "the last one", "payments": "two, on the same day"},
    }
)
_WORKER = WorkerId("bench")
_PAST = 100
_BEGAN_AT = 1_760_000_000_000  # any time before now
_CALL_MS = 60_000


@dataclass(frozen=True, slots=True)
class Past:
    """Ids in the database: `calls` are open, `handoffs` are completed."""

    calls: Sequence[str]
    handoffs: Sequence[str]


def room_of(call: str) -> str:
    return f"room-of-{call}"


async def make_past(path: Path, *, open_calls: int, token: str) -> Past:
    """A new database, with an operator of this token. Each page of handoffs is full from the beginning."""
    url = f"sqlite:///{path}"
    migrate(url)
    async with open_store(url) as store:
        hashed = hashlib.sha256(token.encode()).hexdigest()
        await store.add_operator(Operator("bench", OperatorRole.OPERATOR, hashed, _BEGAN_AT))
        handoffs = [await _finished(store, number) for number in range(_PAST)]
        began_at = _BEGAN_AT + _PAST * _CALL_MS
        calls = [await _open_call(store, f"open-{number}", began_at) for number in range(open_calls)]
    return Past([call.id for call in calls], handoffs)


async def _open_call(store: Store, name: str, at: int) -> Call:
    call_id = CallId(f"call-{name}")
    job = JobId(f"job-of-{call_id}")
    call = Call(call_id, room_of(call_id), "caller", FROM_ROLE, job, _WORKER, started_at=at)
    opened = await store.open_call(call)
    for speaker, text in TURNS:
        await store.append_turn(call_id, speaker, text, started_at=at, ended_at=at + 1000)
    return opened


async def _finished(store: Store, number: int) -> HandoffId:
    """A call that was handed over and has ended; returns its handoff."""
    at = _BEGAN_AT + number * _CALL_MS
    call = await _open_call(store, f"past-{number}", at)
    handoff_id, attempt_id = HandoffId(f"handoff-past-{number:04}"), AttemptId(f"attempt-past-{number:04}")
    target = JobId(f"target-of-{call.id}")
    asked = Handoff(
        id=handoff_id,
        call_id=call.id,
        from_role=call.holder_role,
        from_job=call.holder_job,
        target=TARGET,
        reason=REASON,
        requested_by="model",
        idempotency_key=handoff_id,
        state=HandoffState.REQUESTED,
        requested_at=at + 2000,
    )
    await store.request_handoff(asked, at_most=5)
    attempt = Attempt(attempt_id, handoff_id, TARGET, started_at=at + 2010)
    await store.begin_attempt(attempt, previous=None, actor=call.holder_job)
    await store.claim_attempt(handoff_id, attempt_id, target, worker=_WORKER, at=at + 2200)
    await store.save_summary(handoff_id, SUMMARY, SummarySource.MODEL)
    await store.accept(handoff_id, attempt_id, target, at=at + 2400)
    await store.complete(handoff_id, attempt_id, target, at=at + 6000)
    await store.save_timings(handoff_id, seam_ms=380, silence_ms=700)
    await store.end_call(call.id, CallEnd.GOODBYE, job=target, at=at + 40_000)
    return handoff_id
