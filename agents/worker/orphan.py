"""A job's process whose worker has died: ends the worker's lease, and exits."""

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


def exit_orphaned(process: ProcessContext) -> None:
    """End the worker's lease, so that other workers recover its calls without waiting for it to expire.

    Both steps run in threads, because LiveKit is closing this process's event loop. LiveKit exits orphans
    itself, but some of them wait for ever for their log thread (local/tether.py).
    """
    log.error("worker died, exiting")
    threading.Thread(
        target=_end_lease, args=(process,), name="orphan"
    ).start()  # the interpreter waits for it
    threading.Thread(target=_exit_later, name="exit", daemon=True).start()


def _end_lease(process: ProcessContext) -> None:
    try:
        asyncio.run(_write_end(process))
    except (StoreError, TimeoutError) as error:
        log.warning("lease not ended, it will expire", extra={"error": str(error)})


async def _write_end(process: ProcessContext) -> None:
    async with asyncio.timeout(_LIMIT_S), open_store(process.settings.worker.store) as store:
        await store.end_lease(process.parent.worker)


def _exit_later() -> None:
    time.sleep(_LIMIT_S)
    os._exit(1)
