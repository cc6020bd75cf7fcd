"""`operators.acts.means.Rooms` over one LiveKitAPI, whose every request has a limit here."""

from __future__ import annotations

import asyncio
import logging

import aiohttp
from livekit.api import CreateAgentDispatchRequest, LiveKitAPI, SendDataRequest, ServerError
from livekit.protocol.models import DataPacket

from errors import LineFailed
from persistence.records import Call, RoleName
from transfer.protocol import NUDGE_TOPIC, AnswerCall, agent_identity

log = logging.getLogger(__name__)

_NUDGE_LIMIT_S = 0.5  # the holder looks by itself every 0.2 s: waiting longer gains nothing
_DISPATCH_LIMIT_S = 3.0


class LiveKitRooms:
    """Whoever made the LiveKitAPI closes it."""

    def __init__(self, api: LiveKitAPI, agent_name: str) -> None:
        self._api = api
        self._agent_name = agent_name

    async def nudge(self, call: Call) -> None:
        request = SendDataRequest(
            room=call.room,
            data=b"{}",
            kind=DataPacket.Kind.RELIABLE,
            topic=NUDGE_TOPIC,
            destination_identities=[agent_identity(call.holder_job)],
        )
        try:
            async with asyncio.timeout(_NUDGE_LIMIT_S):
                await asyncio.sleep(0)  # LiveKit's library signs a token for it: the loop turns first
                await self._api.room.send_data(request)
        except (ServerError, aiohttp.ClientError, TimeoutError) as error:
            log.info("a holder was not nudged", extra={"call": call.id, "error": type(error).__name__})

    async def call_agent(self, room: str, role: RoleName) -> None:
        request = CreateAgentDispatchRequest(
            agent_name=self._agent_name, room=room, metadata=AnswerCall(role=role).model_dump_json()
        )
        try:
            async with asyncio.timeout(_DISPATCH_LIMIT_S):
                await self._api.agent_dispatch.create_dispatch(request)
        except (ServerError, aiohttp.ClientError, TimeoutError) as error:
            raise LineFailed(f"the server took no dispatch ({type(error).__name__})") from error
