"""Makes a call's entries in the queue, for a caller who waits or a call back, and ends a wait."""

from __future__ import annotations

import logging
import uuid
from contextlib import suppress
from dataclasses import replace

from agents.roster.desk import Desk
from errors import StaleHandoff, StoreError
from people.call_back_link import hash_of, new_token
from persistence.contract.people import PeopleStore
from persistence.people import NOT_YET, EntryId, EntryState, Offer, QueueEntry
from persistence.records import CallId, RoleName
from transfer.ports import Clock

log = logging.getLogger(__name__)


def entry_for(desk: Desk, call: CallId, role: RoleName, *, now: int) -> QueueEntry:
    """Return the entry of a caller who begins to wait now."""
    return QueueEntry(
        id=EntryId(f"entry-{uuid.uuid4().hex}"),
        call_id=call,
        role=role,
        started_at=now,
        entered_at=now,
        people=desk.people,
        rings_ms=round(1000 * desk.rings_s),
        skills=desk.skills,
        overflows_at=desk.overflows_at(now),  # also if this process is killed
        overflow_to=desk.overflow_to or "",
        wrap_up=desk.needs_wrap_up,
    )


async def stop_waiting(
    store: PeopleStore, clock: Clock, entry: EntryId, accepted: Offer | None, *, by: RoleName, reason: str
) -> None:
    """End a wait, and take the caller back from the person who `accepted`, if any. Never raises."""
    now = clock.now_ms()
    try:
        if accepted is not None:
            with suppress(StaleHandoff):
                await store.return_caller(accepted.id, reason=reason, at=now)
        with suppress(StaleHandoff):
            await store.leave_queue(entry, EntryState.ABANDONED, by=by, at=now)
    except StoreError as error:
        log.warning("the queue still has a caller who left it", extra={"error": type(error).__name__})


async def promise_call_back(
    store: PeopleStore, clock: Clock, desk: Desk, call: CallId, role: RoleName, *, within_s: float
) -> str:
    """Promise a call back in the earlier wait's place for `within_s` seconds; return its link's token.

    Raises: StaleHandoff: one is promised already, or the call is over; StoreError.
    """
    now, token = clock.now_ms(), new_token()
    before = await store.entry_of(call)
    waited = before is not None and before.role == role and before.state is not EntryState.TALKED
    entry = replace(
        entry_for(desk, call, role, now=now),
        started_at=before.started_at if before is not None and waited else now,
        overflows_at=now + round(1000 * within_s),
        overflow_to="",
        call_back=True,
        not_before=NOT_YET,
        link_hash=hash_of(token),
        moved_at=now,
    )
    made = await store.enter_queue(entry)
    if made is None or made.id != entry.id:
        raise StaleHandoff("the caller waits already")
    return token
