"""What must be committed before it is acted on, in time: no caller waits for a store that does not answer."""

from __future__ import annotations

from functools import partial

from errors import StoreUnusable
from persistence.contract.handoffs import Outcome
from persistence.contract.store import Store
from persistence.records import Call, Handoff, HandoffState
from persistence.write_queue import WriteQueue

_LATE = Outcome(HandoffState.FAILED, "the store did not answer in time, so it was not begun")


async def open_in_time(store: Store, write_queue: WriteQueue, call: Call) -> Call:
    """Returns the row, as `Store.open_call` does; where the store does not take it at once, our own.

    The caller is there and wants an answer: then our word counts, and the row follows.
    """
    return await write_queue.write(partial(store.open_call, call)) or call


async def request_in_time(
    store: Store, write_queue: WriteQueue, handoff: Handoff, *, at_most: int
) -> Handoff:
    """Returns the row, as `Store.request_handoff` does.

    Raises: StoreRefused, and StoreUnusable where the store does not take it at once. It may take it later all
    the same; then it is ended in the same breath.
    """
    row = await write_queue.write(partial(store.request_handoff, handoff, at_most=at_most))
    if row is not None:
        return row
    end = partial(store.end_handoff, handoff.id, _LATE, attempt_id=None)
    write_queue.enqueue(partial(end, actor=handoff.from_job, at=handoff.requested_at))
    raise StoreUnusable("the request of a handoff was not taken")
