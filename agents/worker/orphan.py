"""A job's process whose worker has died: it says so to the other workers, and ends."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time

from agents.process.process_context import ProcessContext
from errors import StoreError
from persistence.engines import open_store

log = logging.getLogger(__name__)

_LIMIT_S = 3.0


def orphaned(warm: ProcessContext) -> None:
    """Both in threads, for LiveKit is closing our loop.

    Nobody knows sooner that the worker is dead: with its lease ended no other worker waits for that. LiveKit
    ends orphans by itself, but some wait for ever for their log thread (local/tether.py).
    """
    log.error("the worker has died, this process ends")
    threading.Thread(target=_say_so, args=(warm,), name="orphan").start()  # the interpreter waits for it
    threading.Thread(target=_end, name="the end", daemon=True).start()


def _say_so(warm: ProcessContext) -> None:
    try:
        asyncio.run(_end_lease(warm))
    except (StoreError, TimeoutError) as error:
        log.warning("the lease runs out by itself", extra={"error": str(error)})


async def _end_lease(warm: ProcessContext) -> None:
    async with asyncio.timeout(_LIMIT_S), open_store(warm.settings.worker.store) as store:
        await store.end_lease(warm.parent.worker, at=warm.clock.now_ms())


def _end() -> None:
    time.sleep(_LIMIT_S)
    os._exit(1)
