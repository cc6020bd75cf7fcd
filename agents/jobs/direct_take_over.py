"""A direct take-over: the holder was lost before it began an operator's handoff.

The new agent recovers the call in the target's role, and then moves the handoff through its states itself, as
both holder and target. So the rows record what happened, by the same guarded moves as any other handoff.
"""

from __future__ import annotations

import logging
import uuid

from errors import StoreError
from persistence.contract.handoffs import HandoffStore
from persistence.contract.store import Store
from persistence.records import Attempt, AttemptId, Call, Completes, HandoffId, HandoffState
from transfer.ports import Clock

log = logging.getLogger(__name__)


async def is_requested(store: HandoffStore, handoff_id: HandoffId) -> bool:
    """Whether the handoff is still `requested`. True if the store does not answer: recovery must not stop."""
    try:
        row = await store.handoff(handoff_id)
    except StoreError as error:
        log.warning("the handoff was not read", extra={"handoff": handoff_id, "error": str(error)})
        return True
    return row is not None and row.state is HandoffState.REQUESTED


async def take_directly(store: Store, call: Call, handoff_id: HandoffId, clock: Clock) -> None:
    """Complete the handoff as the job that holds the call. Never raises: the caller is already ours."""
    job, attempt_id = call.holder_job, AttemptId(f"attempt-{uuid.uuid4().hex}")
    attempt = Attempt(attempt_id, handoff_id, call.holder_role, clock.now_ms())
    try:
        row = await store.begin_attempt(attempt, previous=None, actor=job)
        await store.claim_attempt(handoff_id, attempt_id, job, worker=call.worker, at=clock.now_ms())
        await store.accept(handoff_id, attempt_id, job, at=clock.now_ms())
        if row.completes is Completes.OPERATOR:  # the operator who ordered it wants the caller answered
            await store.approve_handoff(handoff_id, by=row.requested_by, at=clock.now_ms())
        await store.complete(handoff_id, attempt_id, job, at=clock.now_ms())
    except StoreError as error:
        log.warning("a direct take-over was not recorded", extra={"handoff": handoff_id, "error": str(error)})
