"""A job's store. It stays open until the write queue has been flushed, as the process ends."""

from __future__ import annotations

import logging
from contextlib import AsyncExitStack

from livekit.agents import JobContext

from agents.process.process_context import ProcessContext
from persistence.contract.store import Store
from persistence.engines import open_store

log = logging.getLogger(__name__)


async def job_store(ctx: JobContext, process: ProcessContext) -> Store:
    """Open the store. An unreachable store does not fail the job: the caller comes first.

    LiveKit ends a job's process after its shutdown callbacks, once it has left the room. The callback flushes
    costs and the write queue and closes the store, so no caller waits for either.
    """
    stack = AsyncExitStack()
    store = await stack.enter_async_context(open_store(process.settings.worker.store, patient=True))

    async def end() -> None:
        await process.costs.close(process.settings.worker.store_patience_s)
        await stack.aclose()

    ctx.add_shutdown_callback(end)
    return store
