"""The people who take a tenth of a soak's calls: at desks without a browser, one caller after another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from clock import SystemClock
from local.caller.tape import RATE_HZ
from local.desk.client import OwnRoom, open_desk, take_calls
from local.speech import CALLER, synthesize
from operators.auth.access import add_operator
from persistence.access import Right
from persistence.engines import open_store

PEOPLE = ("Ada", "Ben", "Cleo")
RINGS_S = 15.0
HELPS = "good morning how can I help you today"

_TALKS_S = 6.0
_AGAIN_S = 1.0


@asynccontextmanager
async def people_at_desks(address: str, store_url: str) -> AsyncIterator[None]:
    """Take every call that rings. Each person hands back one call and ends the next, in turn.

    `address`: the operators' service's. Raises: what a person's task raised.
    """
    async with open_store(store_url) as store:
        tokens = [await add_operator(store, name, frozenset({Right.DESK}), SystemClock()) for name in PEOPLE]
    async with asyncio.TaskGroup() as group:
        working = [group.create_task(_works(address, token)) for token in tokens]
        yield
        for one in working:
            one.cancel()


async def _works(address: str, token: str) -> None:
    line = synthesize(HELPS, CALLER, sample_rate=RATE_HZ).samples
    talks = 0

    async def talking(room: OwnRoom) -> None:
        nonlocal talks
        talks += 1
        speaking = asyncio.create_task(room.talks(line))
        try:
            await asyncio.sleep(_TALKS_S)
            while room.now != "over":
                with suppress(ConnectionError):  # its agent may have been killed: the next one is asked
                    await room.does("hand_back" if talks % 2 else "hang_up")
                await asyncio.sleep(_AGAIN_S)
        finally:
            speaking.cancel()
            await asyncio.gather(speaking, return_exceptions=True)

    async with open_desk(address, token) as desk:
        await take_calls(desk, talking)
