"""What a worker does about rooms from outside: `transfer.ports.Rooms`, over LiveKit's server API."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import aiohttp
from livekit.api import (
    CreateAgentDispatchRequest,
    DeleteRoomRequest,
    ListParticipantsRequest,
    ListRoomsRequest,
    LiveKitAPI,
    RoomParticipantIdentity,
    ServerError,
)

from errors import LineFailed
from persistence.records import JobId
from transfer.protocol import AnswerCall, RecoverCall, agent_identity

T = TypeVar("T")

_LIMIT_S = 3.0


class LiveKitRooms:
    """For all rooms of this worker's server; `agent_name` is what LiveKit calls our workers by.

    `start` starts a job of ours for a room, with dispatch metadata. livekit-server takes 200 ms for that, in
    which it waits for other workers' offers, and does not do it for a worker that has all the calls it takes.
    """

    def __init__(
        self,
        api: LiveKitAPI,
        agent_name: str,
        *,
        start: Callable[[str, str], Awaitable[None]],
        draining: Callable[[], bool],
    ) -> None:
        self._api = api
        self._agent_name = agent_name
        self._start = start
        self._draining = draining

    async def present(self, room: str) -> frozenset[str] | None:
        asked = self._api.room.list_participants(ListParticipantsRequest(room=room))
        found = await _there(asked, "the server does not say who is in the room")
        if found is not None and found.participants:
            return frozenset(who.identity for who in found.participants)
        # Nobody: because there is no room either, or because they may come back.
        rooms = await _there(self._api.room.list_rooms(ListRoomsRequest(names=[room])), "no rooms are told")
        return frozenset() if rooms is not None and rooms.rooms else None

    async def remove(self, room: str, job: JobId) -> None:
        who = RoomParticipantIdentity(room=room, identity=agent_identity(job))
        await _there(self._api.room.remove_participant(who), "an agent was not removed")

    async def call_in(self, room: str, task: AnswerCall | RecoverCall, *, tries: int) -> None:
        if tries % 2 == self._draining():
            await self._start(room, task.model_dump_json())
        else:
            await self._dispatch(room, task)

    async def _dispatch(self, room: str, task: AnswerCall | RecoverCall) -> None:
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
