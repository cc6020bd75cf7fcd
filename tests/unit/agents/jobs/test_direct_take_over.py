"""A role that takes a call over directly walks the handoff through its states by the usual guarded moves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agents.jobs.direct_take_over import is_requested, take_directly
from persistence.contract.handoffs import Outcome
from persistence.records import Call, Completes, HandoffState, JobId, WorkerId
from tests.contract.building import BILLING, CALL, HANDOFF, HOLDER, OPERATOR, START, WORKER, a_call, a_handoff
from tests.support.fakes import LoopClock
from tests.support.memory_store import MemoryStore

pytestmark = pytest.mark.looptime

NEXT, OTHER = JobId("job-next"), WorkerId("worker-2")


async def recovered(store: MemoryStore, *, completes: Completes = Completes.AUTO, held: bool = False) -> Call:
    """Return a lost call with an operator's handoff, recovered in the target's role."""
    await store.open_call(a_call())
    if held:
        await store.hold_call(CALL, by=OPERATOR, at=START)
    handoff = replace(a_handoff(), requested_by=OPERATOR, completes=completes)
    await store.request_handoff(handoff, at_most=5)
    await store.mark_lost(CALL, job=HOLDER, of=WORKER, by=WORKER, at=START)
    assert await is_requested(store, HANDOFF)
    return await store.recover_call(CALL, job=HOLDER, by=NEXT, role=BILLING, worker=OTHER, at=START)


@pytest.mark.parametrize("completes", list(Completes))
@pytest.mark.parametrize("held", [True, False])
async def test_the_handoff_is_completed_with_its_attempt_and_the_hold_is_over(
    completes: Completes, held: bool
) -> None:
    store = MemoryStore()
    call = await recovered(store, completes=completes, held=held)
    await take_directly(store, call, HANDOFF, LoopClock())
    row, after = await store.handoff(HANDOFF), await store.call(CALL)
    assert row is not None
    assert after is not None
    assert (row.state, row.target, row.target_job) == (HandoffState.COMPLETED, BILLING, NEXT)
    assert [attempt.outcome for attempt in await store.attempts(HANDOFF)] == [HandoffState.COMPLETED]
    assert (after.holder_role, after.holder_job, after.worker, after.held_at) == (BILLING, NEXT, OTHER, None)


async def test_a_handoff_that_was_cancelled_meanwhile_leaves_the_caller_with_whoever_came() -> None:
    store = MemoryStore()
    call = await recovered(store)
    cancelled = Outcome(HandoffState.CANCELLED, "a mistake")
    await store.end_handoff(HANDOFF, cancelled, attempt_id=None, actor=OPERATOR, at=START)
    assert not await is_requested(store, HANDOFF)
    await take_directly(store, call, HANDOFF, LoopClock())
    row = await store.handoff(HANDOFF)
    assert row is not None
    assert row.state is HandoffState.CANCELLED
