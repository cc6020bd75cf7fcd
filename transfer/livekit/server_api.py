"""livekit-server's API: every request to it goes through here, has a time limit, and fails as LineFailed.

With several nodes, lists of rooms and participants come from Redis, which keeps listing a dead node's
participants. Other requests go to the node that has the room or participant; if it is dead, they fail as
NobodyServes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

import aiohttp
from livekit.api import (
    CreateAgentDispatchRequest,
    DeleteRoomRequest,
    ListParticipantsRequest,
    ListRoomsRequest,
    LiveKitAPI,
    RoomParticipantIdentity,
    SendDataRequest,
    ServerError,
    ServerErrorCode,
    UpdateSubscriptionsRequest,
)
from livekit.protocol.models import DataPacket, ParticipantInfo, Room

from errors import LineFailed, NobodyServes, RequestRefused
from persistence.records import Call
from settings import LiveKitSettings
from transfer.keys_protocol import KEYS_TOPIC, PressKeys
from transfer.protocol import (
    NUDGE_TOPIC,
    AnswerCall,
    RecoverCall,
    TakeHandoff,
    agent_identity,
)

T = TypeVar("T")

log = logging.getLogger(__name__)

_LIMIT_S = 4.0  # livekit-server itself waits 3 s for the node that has the room
_NUDGE_LIMIT_S = 0.5  # the holder polls every 0.2 s: waiting longer gains nothing


class ServerApi:
    """All rooms of one server. Our workers register as `agent_name`. The owner of `api` closes it.

    Requests raise LineFailed: RequestRefused if the server answered with an error, NobodyServes if the reason
    is a dead node, the base class if it did not answer within `limit_s` seconds.
    """

    def __init__(self, api: LiveKitAPI, agent_name: str) -> None:
        self._api = api
        self._agent_name = agent_name

    async def dispatch(self, room: str, task: AnswerCall | TakeHandoff | RecoverCall) -> str:
        """Ask for an agent in this room. Returns the dispatch's id, which does not mean that one comes."""
        request = CreateAgentDispatchRequest(
            agent_name=self._agent_name, room=room, metadata=task.model_dump_json(exclude_none=True)
        )
        asked = self._api.agent_dispatch.create_dispatch(request)
        return str((await _answer(asked, "dispatch an agent", _LIMIT_S)).id)

    async def first_dispatch(self, room: str) -> str | None:
        """Return the metadata of our agents' first dispatch to this room; None if there was none."""
        found = await _found(self._api.agent_dispatch.list_dispatch(room), "list dispatches", _LIMIT_S)
        ours = [each for each in found or () if each.agent_name == self._agent_name]
        first = min(ours, key=lambda each: each.state.created_at, default=None)
        return None if first is None else first.metadata

    async def withdraw(self, room: str, dispatch_id: str) -> None:
        """Delete a dispatch, so that no agent comes late. A missing dispatch is no error."""
        request = self._api.agent_dispatch.delete_dispatch(dispatch_id, room)
        await _found(request, "withdraw a dispatch", _LIMIT_S)

    async def rooms(self, *, limit_s: float = _LIMIT_S) -> Sequence[Room]:
        """Return all rooms of the server."""
        return (await _answer(self._api.room.list_rooms(ListRoomsRequest()), "list rooms", limit_s)).rooms

    async def participants(self, room: str, *, limit_s: float = _LIMIT_S) -> Sequence[ParticipantInfo] | None:
        """Return everyone in the room, even hidden participants; None if the server knows no such room.

        For a room that does not exist, some servers return an empty list: see `present`.
        """
        request = self._api.room.list_participants(ListParticipantsRequest(room=room))
        found = await _found(request, "list participants", limit_s)
        return None if found is None else found.participants

    async def present(self, room: str) -> frozenset[str] | None:
        """Return the identities in the room; None if there is no room, which an empty list does not prove."""
        if found := await self.participants(room):
            return frozenset(participant.identity for participant in found)
        request = self._api.room.list_rooms(ListRoomsRequest(names=[room]))
        rooms = await _found(request, "list rooms", _LIMIT_S)
        return frozenset() if rooms is not None and rooms.rooms else None

    async def has_participant(self, room: str, identity: str, *, limit_s: float = _LIMIT_S) -> bool:
        """Whether the server has this participant in the room, announced to us or not."""
        request = self._api.room.get_participant(RoomParticipantIdentity(room=room, identity=identity))
        return await _found(request, "look up a participant", limit_s) is not None

    async def is_connected(self, room: str, identity: str, *, limit_s: float = _LIMIT_S) -> bool:
        """Whether a living node has this participant, whatever the lists say.

        The lists include a dead node's participants, and after an outage of Redis they may miss living ones.
        The request changes no subscription and goes to the participant's node. If there is none,
        livekit-server says so after 3 s.
        """
        request = UpdateSubscriptionsRequest(room=room, identity=identity)
        try:
            return (
                await _found(
                    self._api.room.update_subscriptions(request), "look for a participant's node", limit_s
                )
                is not None
            )
        except NobodyServes:
            return False

    async def remove_participant(self, room: str, identity: str) -> bool:
        """Remove a participant, whether its process is alive or not. A missing participant is no error.

        Returns False if it is listed, but was on a dead node, so it is as good as removed.
        """
        request = self._api.room.remove_participant(RoomParticipantIdentity(room=room, identity=identity))
        try:
            await _found(request, "remove a participant", _LIMIT_S)
        except NobodyServes:
            return False
        return True

    async def delete_room(self, room: str) -> None:
        """Disconnect everyone and close the room. A missing room is no error."""
        await _found(self._api.room.delete_room(DeleteRoomRequest(room=room)), "delete a room", _LIMIT_S)

    async def nudge(self, call: Call) -> None:
        """Tell the call's holder to read the store now. Never raises: the holder polls as well."""
        try:
            await self._send(call, NUDGE_TOPIC, b"{}", _NUDGE_LIMIT_S)
        except LineFailed as error:
            log.info("holder not nudged", extra={"call": call.id, "error": str(error)})

    async def send_keys(self, call: Call, asked: PressKeys) -> None:
        """Send the keys to press to the call's holder alone; nobody else in the room learns them."""
        await self._send(call, KEYS_TOPIC, asked.model_dump_json().encode(), _LIMIT_S)

    async def _send(self, call: Call, topic: str, data: bytes, limit_s: float) -> None:
        request = SendDataRequest(
            room=call.room,
            data=data,
            kind=DataPacket.Kind.RELIABLE,
            topic=topic,
            destination_identities=[agent_identity(call.holder_job)],
        )
        await asyncio.sleep(0)  # signing the request's token blocks: let the loop's other tasks run first
        await _answer(self._api.room.send_data(request), "send data", limit_s)


@asynccontextmanager
async def open_server_api(access: LiveKitSettings, agent_name: str) -> AsyncIterator[ServerApi]:
    """Open the API for a program without a LiveKit job; a job has its own connection."""
    async with LiveKitAPI(access.url, access.api_key, access.api_secret.get_secret_value()) as api:
        yield ServerApi(api, agent_name)


async def _found(request: Awaitable[T], act: str, limit_s: float) -> T | None:
    """Return the server's answer; None if it does not know the room, participant or dispatch."""
    try:
        return await _answer(request, act, limit_s)
    except RequestRefused as refused:
        if refused.code == "not_found":
            return None
        raise


async def _answer(request: Awaitable[T], act: str, limit_s: float) -> T:
    """Return the server's answer. `act` completes "livekit-server did not …" in the error's text."""
    try:
        async with asyncio.timeout(limit_s):
            return await request
    except ServerError as error:
        kind = NobodyServes if error.code == ServerErrorCode.UNAVAILABLE else RequestRefused
        raise kind(f"livekit-server did not {act}", error.code, error.status) from error
    except TimeoutError as error:
        raise LineFailed(f"livekit-server did not {act} within {limit_s:g} s") from error
    except (aiohttp.ClientError, OSError) as error:
        raise LineFailed(f"livekit-server did not {act} ({type(error).__name__})") from error
