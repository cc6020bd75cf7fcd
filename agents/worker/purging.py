"""Removes what people said, and who they are, once the retention time in the settings is over."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from functools import partial

from agents.recording.removal import remove_sound
from errors import BadInput, StoreError
from persistence.contract.store import Store
from persistence.engines import open_store
from settings import LONGEST_SESSION_S, CallSettings, KeepingSettings, RecordingSettings, Settings
from transfer.ports import Clock

log = logging.getLogger(__name__)

DAY_MS = 86_400_000
_LOOK_EVERY_S = 60.0
_SHARE = 0.005
"""The share of the time in which the purge writes. Measured: with 0.03, p99 of a call's write grew by 86 %.

The purge handles about 3 calls a second: 100,000 calls take 9 hours, and live calls notice nothing.
"""
PURGE = "purge"
"""Stored as the remover of a recording whose time was over."""
_RECORDINGS = 100
"""The most recordings removed in a minute."""
_SHORTEST_PAUSE_S = 0.02
_RETURN_MS = 60_000
"""The margin after a caller can no longer return to their call, before only a hash remains of who called."""

Removal = Callable[[], Awaitable[bool]]


async def keep_purged(settings: Settings, clock: Clock) -> None:
    """Purge while the worker runs, on a connection of its own so that no call's write queues behind it."""
    async with open_store(settings.worker.store, patient=True) as store:
        while True:
            try:
                if removed := await purge(store, settings.keeping, settings.call, clock):
                    log.info("what is past its time was removed", extra={"rows": removed})
                await purge_recordings(store, settings.keeping, settings.recording, clock)
            except StoreError as error:
                log.warning("the purge waits for the store", extra={"error": type(error).__name__})
            await asyncio.sleep(_LOOK_EVERY_S)


async def purge(store: Store, keeping: KeepingSettings, call: CallSettings, clock: Clock) -> int:
    """Remove everything that is due, row by row, and return the number of rows. Raises: StoreError."""
    now = clock.now_ms()
    words_before = now - round(keeping.keep_days * DAY_MS)
    numbers_before = now - round(keeping.keep_numbers_days * DAY_MS)
    over_before = now - 1000 * LONGEST_SESSION_S  # whatever the service's own settings are
    left_before = now - round(call.departure_s * 1000) - _RETURN_MS
    removals: list[Removal] = [
        partial(store.hide_number, before=left_before),
        partial(store.purge_words, before=words_before, at=now),
        partial(store.purge_numbers, before=numbers_before, at=now),
        partial(store.purge_room, before=numbers_before),
        partial(store.purge_session, before=over_before),
    ]
    return sum([await _all_of(remove) for remove in removals])


async def purge_recordings(
    store: Store, keeping: KeepingSettings, recording: RecordingSettings, clock: Clock
) -> None:
    """Remove the sound that is due, also after recording was turned off. Raises: StoreError."""
    now = clock.now_ms()
    before = now - round(keeping.recordings_days * DAY_MS)
    for call_id in await store.recordings_due(before=before, limit=_RECORDINGS):
        try:
            await remove_sound(recording, store, call_id, by=PURGE, at=now)
        except (BadInput, OSError):
            log.exception("a recording cannot be removed", extra={"call": call_id})
            return


async def _all_of(remove: Removal) -> int:
    removed = 0
    while True:
        began = time.monotonic()
        if not await remove():
            return removed
        removed += 1
        took = time.monotonic() - began
        await asyncio.sleep(max(_SHORTEST_PAUSE_S, took / _SHARE))
