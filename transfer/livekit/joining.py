"""Joins a room in such a way that the task that waits for it may be cancelled or time out."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from livekit import rtc

from tasks import BackgroundTasks

_given_up = BackgroundTasks()
"""Joins whose task was cancelled. They outlive it, so they belong to the process."""


async def join(room: rtc.Room, url: str, token: str, options: rtc.RoomOptions | None = None) -> None:
    """Connect like `Room.connect`, which must not be cancelled: LiveKit would end the process 15 s later.

    Its last step tells the native side that it is ready (python-sdks issue 784, still so in 1.1.21). So after
    a cancellation the connect continues, and the room is left once it is joined. Raises: rtc.ConnectError.
    """
    connecting = asyncio.create_task(
        room.connect(url, token, options or rtc.RoomOptions()), name="join a room"
    )
    try:
        await asyncio.shield(connecting)
    except asyncio.CancelledError:
        _given_up.start(_leave(room, connecting), name="leave a room that nobody waits for")
        raise


async def _leave(room: rtc.Room, connecting: asyncio.Task[None]) -> None:
    with suppress(rtc.ConnectError):
        await connecting
        await room.disconnect()
