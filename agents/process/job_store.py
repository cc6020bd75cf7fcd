"""A job's store: open for as long as its process lives, and that is until what was kept is written."""

from __future__ import annotations

import logging
from contextlib import AsyncExitStack

from livekit.agents import JobContext

from agents.process.process_context import ProcessContext
from persistence.contract.handoffs import Store
from persistence.engines import open_store

log = logging.getLogger(__name__)


async def job_store(ctx: JobContext, process: ProcessContext) -> Store:
    """The store, also where it cannot be opened now: the caller comes first.

    LiveKit ends a job's process after its shutdown callbacks, when the room has been left. There what the
    store has not taken is waited for, and the store closed; the caller waits for none of it.
    """
    stack = AsyncExitStack()
    store = await stack.enter_async_context(open_store(process.settings.worker.store, patient=True))

    async def end() -> None:
        await process.write_queue.close(process.settings.worker.store_patience_s)
        await stack.aclose()

    ctx.add_shutdown_callback(end)
    return store
