"""A second person in a caller's room: keeps all that they are sent, sees who leaves, and may call others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from livekit import api, rtc

from local.caller_ears import Ears, HeardTrack
from local.caller_inbox import Inbox, Received
from local.caller_tasks import Tasks
from local.stack import Stack
from transfer.clock import SystemClock

_LIMIT_S = 10.0


@dataclass(frozen=True, slots=True)
class Left:
    """Who left the room, and when, ms UTC."""

    identity: str
    at: int


class Bystander:
    """Made by `stand_by`. What was heard, received and seen stays readable afterwards."""

    def __init__(self, room: rtc.Room, tasks: Tasks) -> None:
        loop = asyncio.get_running_loop()
        self._room = room
        self._ears = Ears(room, tasks, loop.time)
        self.inbox = Inbox(room, tasks, loop.time)
        self.left: list[Left] = []
        room.on("participant_disconnected", self._on_left)

    @property
    def received(self) -> Sequence[Received]:
        return self.inbox.received

    @property
    def tracks(self) -> Sequence[HeardTrack]:
        return self._ears.tracks

    async def calls(self, identity: str, method: str, payload: str) -> str:
        """Call somebody in the room by RPC. Raises: rtc.RpcError, with what they answered."""
        async with asyncio.timeout(_LIMIT_S):
            return await self._room.local_participant.perform_rpc(
                destination_identity=identity, method=method, payload=payload, response_timeout=_LIMIT_S / 2
            )

    def _on_left(self, participant: rtc.RemoteParticipant) -> None:
        self.left.append(Left(participant.identity, SystemClock().now_ms()))


@asynccontextmanager
async def stand_by(stack: Stack, room_name: str, identity: str = "bystander") -> AsyncIterator[Bystander]:
    """In the room, as any client with an ordinary token, until the block ends."""
    grants = api.VideoGrants(room_join=True, room=room_name, can_publish_data=True, can_subscribe=True)
    token = api.AccessToken(stack.livekit.api_key, stack.livekit.api_secret)
    room, tasks = rtc.Room(), Tasks()
    bystander = Bystander(room, tasks)
    try:
        async with asyncio.timeout(_LIMIT_S):
            await room.connect(stack.livekit.url, token.with_identity(identity).with_grants(grants).to_jwt())
        bystander.inbox.connected()
        yield bystander
        bystander.inbox.look_round()
    finally:
        await room.disconnect()
        await tasks.close()
