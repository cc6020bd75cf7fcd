"""Removes people from their talks with callers once they may no longer take calls."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from errors import LineFailed, StoreError
from operators.acts.context import ActContext
from persistence.access import Operator
from transfer.desk_protocol import person_in, room_of

log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0

MayTakeCalls = Callable[[Operator], bool]


async def follow_talks(context: ActContext, may_take_calls: MayTakeCalls) -> None:
    """Check every talk once a second, until cancelled."""
    while True:
        try:
            await look_at_talks(context, may_take_calls)
        except (StoreError, LineFailed) as error:
            log.warning("talks were not looked at", extra={"error": type(error).__name__})
        await asyncio.sleep(LOOK_EVERY_S)


async def look_at_talks(context: ActContext, may_take_calls: MayTakeCalls) -> None:
    """Remove people who may not take calls. Raises: StoreError, LineFailed.

    The call's agent treats such a person as lost. A person who is called by telephone has no token: they are
    only in people.md.
    """
    talks = await context.store.taken_entries()
    if not talks:
        return
    barred = {one.name for one in await context.store.operators() if not may_take_calls(one)}
    for talk in talks:
        if talk.offer_id is not None and talk.person in barred:
            # Repeated at each poll, because livekit-server's renewed tokens last ten minutes.
            await context.server.remove_participant(room_of(talk.offer_id), person_in(talk.offer_id))
