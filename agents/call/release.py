"""A call that was given away, which the store may not know yet: who took it over writes that when it can."""

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
    """Return when the store no longer names `job` as the holder, or nobody else is there who would write it.

    Whose process ends before that leaves a call that its worker takes for lost (fault C8). `taken`: whether
    an agent that may have taken the call over is in the room.
    """
    try:
        async with asyncio.timeout(limit_s):
            while taken() and await _names(store, call, job):  # noqa: ASYNC110 - only the store knows
                await asyncio.sleep(_LOOK_EVERY_S)
    except TimeoutError:
        log.warning("nobody has written that the call is theirs", extra={"call": call.id})


async def _names(store: CallStore, call: Call, job: JobId) -> bool:
    with suppress(StoreError):
        now = await store.call(call.id)
        return now is not None and now.ended_at is None and now.holder_job == job
    return True
