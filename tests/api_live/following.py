"""A page that follows the events while a test does other things."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.support.api.served import Page, page
from tests.support.conversation import until


@asynccontextmanager
async def following(address: str, token: str, *, after: int | None = None) -> AsyncIterator[list[int]]:
    """Yields a growing list of the ids of the events so far."""
    ids: list[int] = []
    query = "" if after is None else f"?after={after}"
    async with page(address, token, query=query) as opened:
        task = asyncio.create_task(_keep(opened, ids))
        try:
            yield ids
        finally:
            task.cancel()
            await asyncio.wait([task])


async def _keep(opened: Page, ids: list[int]) -> None:
    while True:
        ids.append((await opened.next())["id"])


async def reached(ids: list[int], event_id: int) -> None:
    async def look() -> bool:
        return bool(ids) and ids[-1] >= event_id

    await until(look, f"event {event_id} on the page")
