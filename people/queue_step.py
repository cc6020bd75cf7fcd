"""Makes the queue's moves. Any service and any worker may run it, even several at once.

Each move is one guarded statement: what another process has done already is left alone. So a process that is
killed between two moves leaves nothing behind that the next step does not find.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from contextlib import suppress

from errors import StaleHandoff, StoreError
from people.queue_rule import EARLIER_CALLER, Floor, due, lapsed, missed, overflowing, overtaking
from persistence.contract.people import PeopleStore
from persistence.contract.store import Store
from persistence.people import EntryState, Offer, OfferId
from transfer.ports import Clock

log = logging.getLogger(__name__)

NOT_CONNECTED = "not connected in time"
ACTOR = "rule"
LOOK_BACK_MS = 3_600_000
"""The period whose talks show how long talks take."""

CALL_BACK_TRIES, CALL_BACK_AGAIN_MS = 3, 300_000
"""How often a caller who does not answer is called back, and the pause between two tries."""

_EVERY_S = 1.0
"""How soon a move is found that becomes due only because time has passed."""
_PAUSE_S = 0.25
"""The pause after each step, however many commits follow."""


async def floor_of(store: PeopleStore, now: int) -> Floor:
    """Raises: StoreError."""
    return Floor(
        presences=await store.presences(),
        queue=await store.queue(),
        offers=await store.offers(since=now - LOOK_BACK_MS),
        now=now,
    )


async def step(store: PeopleStore, clock: Clock) -> int:
    """Do all that is due now, and return how many moves that took. Raises: StoreError."""
    now = clock.now_ms()
    if not await store.presences() and not await store.queue():
        return 0
    await store.close_desks(at=now)
    floor = await floor_of(store, now)
    made = 0
    for offer in missed(floor):
        made += await store.miss_offer(offer, at=now) is not None
    for accepted in lapsed(floor):
        with suppress(StaleHandoff):
            await _give_up(store, accepted, now)
            made += 1
    for entry in overflowing(floor):
        with suppress(StaleHandoff):
            await store.leave_queue(entry.id, EntryState.OVERFLOWED, by=ACTOR, at=now)
            made += 1
    floor = await floor_of(store, now) if made else floor
    for offer in overtaking(floor):
        made += await store.withdraw_offer(offer, reason=EARLIER_CALLER, at=now) is not None
    floor = await floor_of(store, now) if made else floor
    for entry_id, person in due(floor):
        made += await store.make_offer(OfferId(uuid.uuid4().hex), entry_id, person, at=now) is not None
    return made


async def _give_up(store: PeopleStore, offer: Offer, now: int) -> None:
    """An accepted offer whose person and caller were not connected in time. Raises: StaleHandoff."""
    entry = await store.entry(offer.entry_id)
    if entry is None or not entry.call_back:
        await store.return_caller(offer.id, reason=NOT_CONNECTED, at=now, lapsed=True)
        return
    again_at = None if entry.tries + 1 >= CALL_BACK_TRIES else now + CALL_BACK_AGAIN_MS
    await store.miss_call_back(offer.id, again_at=again_at, at=now)


async def serve_queue(store: Store, clock: Clock, *, at_commits: bool = True) -> None:
    """Serve the queue until cancelled. A store that does not answer is asked again.

    `at_commits`: also as soon as something was committed. A fleet's many workers only look once a second, in
    case no operators' service lives.
    """
    changes = store.changes(within_s=_PAUSE_S)
    while True:
        try:
            if at_commits:
                await changes.changed(_EVERY_S)
            else:
                await asyncio.sleep(_EVERY_S)
            await step(store, clock)
        except StoreError as error:
            log.warning("the queue could not be served", extra={"error": str(error)})
        await asyncio.sleep(_PAUSE_S)
