"""Hangs up telephones whose process was killed, or could not hang up."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from errors import LineFailed, StaleHandoff, StoreError
from persistence.contract.phones import PhoneStore
from persistence.people import OfferId
from persistence.phones import DialId, DialState
from transfer.desk_protocol import person_in, room_of
from transfer.livekit.server_api import ServerApi
from transfer.ports import Clock

log = logging.getLogger(__name__)

_EVERY_S = 1.0
_GRACE_MS = 2_000
"""A living process hangs up within this time."""


async def hang_up_talk(store: PhoneStore, server: ServerApi, clock: Clock, dial: DialId) -> None:
    """Hang up after a dial's talk is over. `keep_hung_up` retries what fails. Never raises."""
    try:
        with suppress(StaleHandoff):  # it ended with its talk
            await store.end_dial(dial, DialState.TALKED, gone=False, at=clock.now_ms())
        await _hang_up(store, server, clock, dial)
    except (StoreError, LineFailed) as error:
        log.warning("a telephone was not hung up", extra={"error": type(error).__name__})


async def hang_up_left(store: PhoneStore, server: ServerApi, clock: Clock) -> int:
    """Hang up all left telephones, and return how many there were. Raises: StoreError, LineFailed."""
    left = await store.dials_left(ended_before=clock.now_ms() - _GRACE_MS)
    for dial in left:
        await _hang_up(store, server, clock, dial.id)
        log.warning("hung up an orphaned telephone", extra={"call": dial.call_id})
    return len(left)


async def keep_hung_up(store: PhoneStore, server: ServerApi, clock: Clock) -> None:
    """Runs until cancelled. Any worker may run it, even several at once."""
    while True:
        await asyncio.sleep(_EVERY_S)
        try:
            await hang_up_left(store, server, clock)
        except (StoreError, LineFailed) as error:
            log.warning("left telephones were not hung up", extra={"error": type(error).__name__})


async def _hang_up(store: PhoneStore, server: ServerApi, clock: Clock, dial: DialId) -> None:
    offer = OfferId(dial)
    await server.remove_participant(room_of(offer), person_in(offer))
    await store.dial_gone(dial, at=clock.now_ms())
