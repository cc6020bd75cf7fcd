"""Waits for the new holder of a call that was handed over while the store did not answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from errors import StoreError
from persistence.contract.calls import CallStore
from persistence.records import Call, JobId

log = logging.getLogger(__name__)

_LOOK_EVERY_S = 0.25


async def until_written(
    store: CallStore, call: Call, job: JobId, *, taken: Callable[[], bool], limit_s: float
) -> None:
    """Return once the store names a holder other than `job`, or no other agent is there to write that.

    If our process ended earlier, its worker would treat the call as lost (fault C8). `taken` says whether the
    room has an agent that may have taken over.
    """
    try:
        async with asyncio.timeout(limit_s):
            while taken() and await _names(store, call, job):  # noqa: ASYNC110 - only the store knows
                await asyncio.sleep(_LOOK_EVERY_S)
    except TimeoutError:
        log.warning("no agent has recorded itself as the holder", extra={"call": call.id})


async def _names(store: CallStore, call: Call, job: JobId) -> bool:
    with suppress(StoreError):
        now = await store.call(call.id)
        return now is not None and now.ended_at is None and now.holder_job == job
    return True
