"""Dispatches the targets of one call's handoffs into its room."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from errors import LineFailed, NobodyServes
from transfer.livekit.server_api import ServerApi
from transfer.protocol import TakeHandoff

log = logging.getLogger(__name__)

_RECONNECTS_WITHIN_S = 8.0
_LOOK_EVERY_S = 0.1


class LiveKitDispatcher:
    """`transfer.ports.Dispatcher` for one room. `in_room`: whether this agent is connected to it now."""

    def __init__(self, server: ServerApi, room: str, in_room: Callable[[], bool]) -> None:
        self._server = server
        self._room = room
        self._in_room = in_room

    async def dispatch(self, task: TakeHandoff) -> str:
        """Wait while this agent reconnects: a dead node would forget the dispatch (fault N1)."""
        try:
            async with asyncio.timeout(_RECONNECTS_WITHIN_S):
                while True:
                    await self._is_in_room()
                    try:
                        return await self._server.dispatch(self._room, task)
                    except NobodyServes as error:
                        log.warning("the room's node is dead", extra={"error": str(error)})
        except TimeoutError:
            raise LineFailed("this agent is not back in the room") from None

    async def withdraw(self, dispatch_id: str) -> None:
        try:
            await self._server.withdraw(self._room, dispatch_id)
        except LineFailed as error:
            log.warning("dispatch not withdrawn", extra={"error": str(error)})

    async def _is_in_room(self) -> None:
        while not self._in_room():  # noqa: ASYNC110 - LiveKit's state
            await asyncio.sleep(_LOOK_EVERY_S)
