"""Hangs up telephones that nobody serves any more: their process was killed, or could not hang up."""

from __future__ import annotations

import asyncio
import logging

from errors import LineFailed, StoreError
from persistence.contract.phones import PhoneStore
from persistence.people import OfferId
from transfer.desk_protocol import person_in, room_of
from transfer.livekit.server_api import ServerApi
from transfer.ports import Clock

log = logging.getLogger(__name__)

_EVERY_S = 1.0
_GRACE_MS = 2_000
"""A process that lives has hung up by then."""


async def hang_up_left(store: PhoneStore, server: ServerApi, clock: Clock) -> int:
    """Hang up all of them, and return how many there were. Raises: StoreError, LineFailed."""
    left = await store.dials_left(ended_before=clock.now_ms() - _GRACE_MS)
    for dial in left:
        offer = OfferId(dial.id)
        await server.remove_participant(room_of(offer), person_in(offer))
        await store.dial_gone(dial.id, at=clock.now_ms())
        log.warning("a telephone was left, and is hung up", extra={"call": dial.call_id})
    return len(left)


async def keep_hung_up(store: PhoneStore, server: ServerApi, clock: Clock) -> None:
    """Until cancelled. Any worker may do it, several too."""
    while True:
        await asyncio.sleep(_EVERY_S)
        try:
            await hang_up_left(store, server, clock)
        except (StoreError, LineFailed) as error:
            log.warning("left telephones were not hung up", extra={"error": type(error).__name__})
