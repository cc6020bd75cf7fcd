"""Calls a target into the room, and takes the call back, through LiveKit's agent dispatch."""

from __future__ import annotations

import asyncio
import logging

import aiohttp
from livekit.api import CreateAgentDispatchRequest, LiveKitAPI, ServerError

from errors import LineFailed
from transfer.protocol import TakeHandoff

log = logging.getLogger(__name__)

_LIMIT_S = 3.0


class LiveKitDispatcher:
    """`transfer.ports.Dispatcher` for one room. A dispatch that was created brings nobody by itself."""

    def __init__(self, api: LiveKitAPI, agent_name: str, room: str) -> None:
        self._api = api
        self._agent_name = agent_name
        self._room = room

    async def dispatch(self, task: TakeHandoff) -> str:
        request = CreateAgentDispatchRequest(
            agent_name=self._agent_name, room=self._room, metadata=task.model_dump_json()
        )
        try:
            async with asyncio.timeout(_LIMIT_S):
                return str((await self._api.agent_dispatch.create_dispatch(request)).id)
        except (ServerError, aiohttp.ClientError, TimeoutError) as error:
            raise LineFailed(f"the server took no dispatch ({type(error).__name__})") from error

    async def withdraw(self, dispatch_id: str) -> None:
        try:
            async with asyncio.timeout(_LIMIT_S):
                await self._api.agent_dispatch.delete_dispatch(dispatch_id, self._room)
        except ServerError as error:
            if error.code != "not_found":
                log.warning("a dispatch was not withdrawn", extra={"error": error.code})
        except (aiohttp.ClientError, TimeoutError) as error:
            log.warning("a dispatch was not withdrawn", extra={"error": type(error).__name__})
