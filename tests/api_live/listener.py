"""An operator who listens in, with a token that the service made."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from livekit import rtc

from local.caller.audio_receiver import AudioReceiver
from local.caller.tasks import CallerTasks
from tests.support.conversation import until

_LIMIT_S = 30.0


class Listener:
    """An operator in a room. Made by `listening`."""

    def __init__(self, room: rtc.Room, tasks: CallerTasks) -> None:
        self._receiver = AudioReceiver(room, tasks, asyncio.get_running_loop().time)

    def heard(self) -> Sequence[str]:
        """Returns the identities whose voices were heard."""
        return [track.identity for track in self._receiver.tracks if track.first_loud_s is not None]

    async def hears(self, identity: str) -> None:
        async def look() -> bool:
            return identity in self.heard()

        await until(look, f"the voice of {identity}")


@asynccontextmanager
async def listening(made: dict[str, Any]) -> AsyncIterator[Listener]:
    """Joins the room until the block ends. `made` is the service's answer."""
    room, tasks = rtc.Room(), CallerTasks()
    listener = Listener(room, tasks)
    try:
        async with asyncio.timeout(_LIMIT_S):
            await room.connect(made["url"], made["token"])
        yield listener
    finally:
        await room.disconnect()
        await tasks.close()
