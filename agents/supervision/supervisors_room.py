"""The room in which a supervisor's microphone is alone with the call's holder."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from livekit import api, rtc

from errors import LineFailed
from settings import LiveKitSettings
from transfer.livekit.joining import join
from transfer.protocol import agent_identity
from transfer.supervision import supervisors_room

_JOIN_LIMIT_S = 5.0
_LEAVE_LIMIT_S = 2.0


class SupervisorsRoom:
    """The room of one listener, who speaks as `identity`. The holder, of job `job`, is in it as an agent."""

    def __init__(self, access: LiveKitSettings, identity: str, job: str) -> None:
        self._access, self._job = access, job
        self.identity = identity
        self.room = rtc.Room()

    @property
    def is_here(self) -> bool:
        """Whether we and the supervisor are both in the room."""
        return self.room.isconnected() and self.identity in self.room.remote_participants

    async def join(self) -> None:
        """Join the room. Raises: LineFailed."""
        try:
            async with asyncio.timeout(_JOIN_LIMIT_S):
                await join(self.room, self._access.url, self._token())
        except (TimeoutError, rtc.ConnectError) as error:
            raise LineFailed("the supervisor's room could not be joined") from error

    async def leave(self) -> None:
        """Leave the room. Never raises."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_LEAVE_LIMIT_S):
                await self.room.disconnect()

    def _token(self) -> str:
        room = supervisors_room(self.identity)
        grants = api.VideoGrants(
            room_join=True,
            room=room,
            can_publish=False,
            can_publish_data=False,
            can_update_own_metadata=False,
        )
        token = api.AccessToken(self._access.api_key, self._access.api_secret.get_secret_value())
        return token.with_identity(agent_identity(self._job)).with_kind("agent").with_grants(grants).to_jwt()
