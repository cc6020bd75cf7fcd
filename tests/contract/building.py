"""Rows for the store's tests, and ways to bring a handoff into any state by the store's own moves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from functools import partial

from persistence.contract.handoffs import Outcome
from persistence.contract.store import Store
from persistence.records import (
    Attempt,
    AttemptId,
    Call,
    CallId,
    Completes,
    Handoff,
    HandoffId,
    HandoffState,
    JobId,
    RoleName,
    WorkerId,
)
from transfer.livekit.server_api import ServerApi

OpenStore = Callable[[], AbstractAsyncContextManager[Store]]
"""Opens one test's database. Each call opens it as another process would."""

START = 1_700_000_000_000
FRONT_DESK, BILLING, TECHNICAL = RoleName("front-desk"), RoleName("billing"), RoleName("technical")
HOLDER, TARGET = JobId("job-holder"), JobId("job-target")
WORKER = WorkerId("worker-1")
CALL, HANDOFF = CallId("call-1"), HandoffId("handoff-1")
FIRST, SECOND = AttemptId("attempt-1"), AttemptId("attempt-2")
OPERATOR = "an operator"
UNREACHED = Outcome(HandoffState.UNANSWERED, "nobody came")

S = HandoffState
PATHS: dict[HandoffState, tuple[HandoffState, ...]] = {
    S.REQUESTED: (),
    S.DISPATCHING: (S.DISPATCHING,),
    S.BRIEFING: (S.DISPATCHING, S.BRIEFING),
    S.ACCEPTED: (S.DISPATCHING, S.BRIEFING, S.ACCEPTED),
    S.COMPLETED: (S.DISPATCHING, S.BRIEFING, S.ACCEPTED, S.COMPLETED),
    S.DECLINED: (S.DISPATCHING, S.BRIEFING, S.DECLINED),
    S.UNANSWERED: (S.DISPATCHING, S.UNANSWERED),
    S.FAILED: (S.DISPATCHING, S.FAILED),
    S.CANCELLED: (S.CANCELLED,),
    S.ABANDONED: (S.DISPATCHING, S.BRIEFING, S.ACCEPTED, S.ABANDONED),
}
"""The moves that lead from requested to each state."""


class SilentServer(ServerApi):
    """Makes no request: only what is written to the store counts."""

    def __init__(self) -> None:
        """Make no LiveKitAPI: the methods that would use it are overridden."""

    async def nudge(self, call: Call) -> None:
        """Do nothing: there is no holder to nudge."""

    async def dispatch(self, room: str, task: object) -> str:
        raise AssertionError("no agent is dispatched")


def a_call(*, call_id: str = CALL, room: str = "room-1", job: JobId = HOLDER, at: int = START) -> Call:
    return Call(CallId(call_id), room, "caller-1", FRONT_DESK, job, WORKER, at)


def a_handoff(
    *, handoff_id: str = HANDOFF, key: str = "key-1", call_id: CallId = CALL, at: int = START
) -> Handoff:
    return Handoff(
        id=HandoffId(handoff_id),
        call_id=call_id,
        from_role=FRONT_DESK,
        from_job=HOLDER,
        target=BILLING,
        reason="a bill that is too high",
        requested_by="model",
        idempotency_key=key,
        state=HandoffState.REQUESTED,
        requested_at=at,
    )


def an_attempt(attempt_id: AttemptId = FIRST, *, handoff_id: HandoffId = HANDOFF) -> Attempt:
    return Attempt(id=attempt_id, handoff_id=handoff_id, target=BILLING, started_at=START)


async def requested(store: Store, *, completes: Completes = Completes.AUTO) -> Handoff:
    """Open a call and request its handoff."""
    await store.open_call(a_call())
    return await store.request_handoff(replace(a_handoff(), completes=completes), at_most=5)


async def brought_to(store: Store, state: HandoffState, *, completes: Completes = Completes.AUTO) -> Handoff:
    handoff = await requested(store, completes=completes)
    for step in PATHS[state]:
        handoff = await move(store, handoff, step)
    return handoff


async def move(store: Store, handoff: Handoff, to: HandoffState) -> Handoff:
    """Call the store method that leads to `to`, with arguments that fit the handoff as it was last seen."""
    attempt = handoff.attempt_id or FIRST
    if to is S.DISPATCHING:
        return await _next_attempt(store, handoff)
    steps: dict[HandoffState, Callable[..., Awaitable[Handoff]]] = {
        S.BRIEFING: partial(store.claim_attempt, worker=WORKER),
        S.ACCEPTED: store.accept,
        S.COMPLETED: store.complete,
    }
    if to in steps:
        return await steps[to](handoff.id, attempt, TARGET, at=START)
    return await store.end_handoff(handoff.id, Outcome(to, "so"), attempt_id=None, actor=OPERATOR, at=START)


async def _next_attempt(store: Store, handoff: Handoff) -> Handoff:
    first = handoff.attempt_id is None
    attempt = replace(an_attempt(FIRST if first else SECOND), handoff_id=handoff.id)
    return await store.begin_attempt(attempt, previous=None if first else UNREACHED, actor=HOLDER)


async def request_events(store: Store) -> list[tuple[str, str | None, str, str]]:
    """Return the events of requests: subject, from, to, by."""
    events = [event for event in await store.events() if event.kind == "request"]
    return [(event.subject, event.moved_from, event.moved_to, event.actor) for event in events]
