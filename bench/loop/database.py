"""The database that every round starts with: handoffs to read, and open calls to start new ones in."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from persistence.access import ACTS, Operator
from persistence.contract.store import Store
from persistence.engines import migrate, open_store
from persistence.records import Call, CallId, Handoff, HandoffId, HandoffState, JobId, RoleName, WorkerId

TARGET = RoleName("billing")
REASON = "you were charged twice for your last invoice"
_HANDOFFS = 100
_BEGAN_AT = 1_760_000_000_000  # ms UTC, any time in the past


@dataclass(frozen=True, slots=True)
class Ids:
    calls: list[CallId]
    handoffs: list[HandoffId]


async def make_database(url: str, *, open_calls: int, token: str) -> Ids:
    """Create the database, with an operator who has this token. The handoffs are in calls of their own."""
    migrate(url)
    async with open_store(url) as store:
        hashed = hashlib.sha256(token.encode()).hexdigest()
        await store.add_operator(Operator("bench", ACTS, hashed, _BEGAN_AT))
        handoffs = [await _handoff(store, number) for number in range(_HANDOFFS)]
        return Ids([await _call(store, f"open-{number}") for number in range(open_calls)], handoffs)


async def _call(store: Store, name: str) -> CallId:
    call, role = CallId(f"call-{name}"), RoleName("front-desk")
    job, worker = JobId(f"job-of-{call}"), WorkerId("bench")
    await store.open_call(Call(call, f"room-of-{call}", "caller", role, job, worker, _BEGAN_AT))
    return call


async def _handoff(store: Store, number: int) -> HandoffId:
    call, handoff, role = (
        await _call(store, f"past-{number}"),
        HandoffId(f"past-{number}"),
        RoleName("front-desk"),
    )
    times = {"state": HandoffState.REQUESTED, "requested_at": _BEGAN_AT}
    names = {"requested_by": "model", "idempotency_key": handoff, "target": TARGET, "reason": REASON}
    requested = Handoff(handoff, call, role, JobId(f"job-of-{call}"), **names, **times)  # type: ignore[arg-type]
    await store.request_handoff(requested, at_most=5)
    return handoff
