"""The heartbeat: every 5 ms on the loop that is measured, put into an app's lifespan, whichever app it is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

from fastapi import FastAPI

from bench.loop.lag import next_due
from bench.loop.tape import BEAT, Tape


def with_heartbeat(app: FastAPI, tape: Tape) -> FastAPI:
    """The same app; its heart beats from before its own start to after its own end."""
    inner = app.router.lifespan_context

    @asynccontextmanager
    async def beating(app: FastAPI) -> AsyncIterator[Mapping[str, Any]]:
        heart = asyncio.create_task(_beat(tape))
        try:
            async with inner(app) as state:
                yield state or {}
        finally:
            heart.cancel()
            with suppress(asyncio.CancelledError):
                await heart

    app.router.lifespan_context = beating
    return app


async def _beat(tape: Tape) -> None:
    """A beat that comes late is one beat; those that were due meanwhile never come, and `lag` counts them."""
    loop = asyncio.get_running_loop()
    due = loop.time()
    while True:
        await asyncio.sleep(due - loop.time())
        tape.mark(BEAT, f"{due:.6f}")
        due = next_due(due, loop.time())
