"""Dispatches the targets of one call's handoffs into its room."""

from __future__ import annotations

import logging

from errors import LineFailed
from transfer.livekit.server_api import ServerApi
from transfer.protocol import TakeHandoff

log = logging.getLogger(__name__)


class LiveKitDispatcher:
    """`transfer.ports.Dispatcher` for one room."""

    def __init__(self, server: ServerApi, room: str) -> None:
        self._server = server
        self._room = room

    async def dispatch(self, task: TakeHandoff) -> str:
        return await self._server.dispatch(self._room, task)

    async def withdraw(self, dispatch_id: str) -> None:
        try:
            await self._server.withdraw(self._room, dispatch_id)
        except LineFailed as error:
            log.warning("dispatch not withdrawn", extra={"error": str(error)})
