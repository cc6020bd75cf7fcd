"""A second person in a caller's room, who keeps what they receive, sees who leaves, and calls RPCs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import cycle

from livekit import api, rtc

from clock import SystemClock
from local.caller.audio_receiver import AudioReceiver, HeardTrack
from local.caller.inbox import Inbox, Received
from local.caller.tasks import CallerTasks
from local.stack import Stack

_LIMIT_S = 10.0
_FLOOD_PAUSE_S = 0.03  # about a hundred messages a second, 1 MB, to everybody in the room
_DATA_BYTES = 1_000  # of an unreliable message: one packet


@dataclass(frozen=True, slots=True)
class Left:
    """A participant who left the room, and when (ms UTC)."""

    identity: str
    at: int


class Bystander:
    """Made by `stand_by`. What it heard, received and saw stays readable after the block."""

    def __init__(self, room: rtc.Room, tasks: CallerTasks) -> None:
        loop = asyncio.get_running_loop()
        self._room = room
        self._receiver = AudioReceiver(room, tasks, loop.time)
        self.inbox = Inbox(room, tasks, loop.time)
        self.left: list[Left] = []
        self.sent = 0
        room.on("participant_disconnected", self._on_left)

    @property
    def received(self) -> Sequence[Received]:
        return self.inbox.received

    @property
    def tracks(self) -> Sequence[HeardTrack]:
        return self._receiver.tracks

    async def calls(self, identity: str, method: str, payload: str) -> str:
        """Calls a participant by RPC. Raises: rtc.RpcError, with the participant's answer."""
        async with asyncio.timeout(_LIMIT_S):
            return await self._room.local_participant.perform_rpc(
                destination_identity=identity, method=method, payload=payload, response_timeout=_LIMIT_S / 2
            )

    async def floods(self, topics: Sequence[str], words: str) -> None:
        """Sends data and text streams to everybody, under every topic in turn, until cancelled."""
        sender = self._room.local_participant
        for topic in cycle(topics):
            await sender.publish_data(words[:_DATA_BYTES], reliable=False, topic=topic)
            await sender.publish_data(words, topic=topic)
            await sender.send_text(words, topic=topic)
            self.sent += 3
            await asyncio.sleep(_FLOOD_PAUSE_S)

    def _on_left(self, participant: rtc.RemoteParticipant) -> None:
        self.left.append(Left(participant.identity, SystemClock().now_ms()))


@asynccontextmanager
async def stand_by(stack: Stack, room_name: str, identity: str = "bystander") -> AsyncIterator[Bystander]:
    """Joins the room with an ordinary token until the block ends."""
    grants = api.VideoGrants(room_join=True, room=room_name, can_publish_data=True, can_subscribe=True)
    token = api.AccessToken(stack.livekit.api_key, stack.livekit.api_secret)
    room, tasks = rtc.Room(), CallerTasks()
    bystander = Bystander(room, tasks)
    try:
        async with asyncio.timeout(_LIMIT_S):
            await room.connect(stack.livekit.url, token.with_identity(identity).with_grants(grants).to_jwt())
        bystander.inbox.connected()
        yield bystander
        bystander.inbox.snapshot()
    finally:
        await room.disconnect()
        await tasks.close()
