"""Commits a call or a handoff before anyone acts on it, without keeping the caller waiting for the store."""

from __future__ import annotations

from functools import partial

from errors import StoreUnusable
from persistence.contract.handoffs import Outcome
from persistence.contract.store import Store
from persistence.records import Call, Handoff, HandoffState
from persistence.write_queue import WriteQueue

_LATE = Outcome(HandoffState.FAILED, "the store did not answer in time, so the handoff was not started")


async def open_in_time(store: Store, write_queue: WriteQueue, call: Call) -> Call:
    """Return the row as `Store.open_call` does, or our own row if the store does not answer at once.

    The caller is waiting for an answer, so our row counts, and the write queue writes it later.
    """
    return await write_queue.write(partial(store.open_call, call)) or call


async def request_in_time(
    store: Store, write_queue: WriteQueue, handoff: Handoff, *, at_most: int
) -> Handoff:
    """Return the row as `Store.request_handoff` does.

    Raises: StoreRefused; StoreUnusable if the store does not answer at once. The queued write may still land
    later, so its end is queued right behind it.
    """
    row = await write_queue.write(partial(store.request_handoff, handoff, at_most=at_most))
    if row is not None:
        return row
    end = partial(store.end_handoff, handoff.id, _LATE, attempt_id=None)
    write_queue.enqueue(partial(end, actor=handoff.from_job, at=handoff.requested_at))
    raise StoreUnusable("the store did not record the handoff's request in time")
