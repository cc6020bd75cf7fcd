"""What a worker does about rooms from outside: `transfer.ports.Rooms`, over LiveKit's server API."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

import aiohttp
from livekit.api import (
    CreateAgentDispatchRequest,
    DeleteRoomRequest,
    ListParticipantsRequest,
    LiveKitAPI,
    RoomParticipantIdentity,
    ServerError,
)

from errors import LineFailed
from persistence.records import JobId
from transfer.livekit_line import agent_identity
from transfer.protocol import RecoverCall

T = TypeVar("T")

_LIMIT_S = 3.0


class LiveKitRooms:
    """For all rooms of this worker's server; `agent_name` is what LiveKit calls our workers by."""

    def __init__(self, api: LiveKitAPI, agent_name: str) -> None:
        self._api = api
        self._agent_name = agent_name

    async def present(self, room: str) -> frozenset[str] | None:
        asked = self._api.room.list_participants(ListParticipantsRequest(room=room))
        found = await _there(asked, "the server does not say who is in the room")
        return None if found is None else frozenset(who.identity for who in found.participants)

    async def remove(self, room: str, job: JobId) -> None:
        who = RoomParticipantIdentity(room=room, identity=agent_identity(job))
        await _there(self._api.room.remove_participant(who), "an agent was not removed")

    async def call_in(self, room: str, task: RecoverCall) -> None:
        request = CreateAgentDispatchRequest(
            agent_name=self._agent_name, room=room, metadata=task.model_dump_json()
        )
        asked = self._api.agent_dispatch.create_dispatch(request)
        if await _there(asked, "the server took no dispatch") is None:
            raise LineFailed("the server took no dispatch: the room is gone")

    async def close(self, room: str) -> None:
        await _there(self._api.room.delete_room(DeleteRoomRequest(room=room)), "the room was not closed")


async def _there(asked: Awaitable[T], failure: str) -> T | None:
    """What the server answers; None where it knows nothing of the name. Raises: LineFailed."""
    try:
        async with asyncio.timeout(_LIMIT_S):
            return await asked
    except ServerError as error:
        if error.code == "not_found":
            return None
        raise LineFailed(f"{failure} ({error.code})") from error
    except (aiohttp.ClientError, TimeoutError) as error:
        raise LineFailed(f"{failure} ({type(error).__name__})") from error
