"""Where a run takes place: the servers, the lines, and callers who join rooms of their own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

import psutil
from livekit import api

from agents.roster.roster import Roster
from bench.handoff.protocol import AGENT_NAME, Asked
from local.caller.caller import Caller
from local.caller.token import caller_token
from local.groq_standin.script import Script
from local.livekit.server import LiveKitServer
from persistence.contract.store import Store

CALLER = "caller"

_REST_PERCENT = 20.0  # of all cores: less is what idle programs need
_LOOK_S = 0.25
_REST_LIMIT_S = 4.0
_CLOSE_LIMIT_S = 5.0


@dataclass(frozen=True, slots=True)
class Place:
    """What every round needs. `first` answers calls, `second` takes them over with `matter`."""

    livekit: LiveKitServer
    api: api.LiveKitAPI
    store: Store
    script: Script
    roster: Roster
    agent_name: str
    first: str
    second: str
    matter: str

    def asked(self, side: str) -> str:
        """Dispatch metadata for a baseline."""
        asked = {"side": side, "role": self.first, "target": self.second, "matter": self.matter}
        return Asked.model_validate({**asked, "caller": CALLER}).model_dump_json()

    @asynccontextmanager
    async def call(
        self, room: str, agent_name: str | None = None, metadata: str | None = None
    ) -> AsyncIterator[Caller]:
        """A caller in a new room, which is closed after; with `agent_name` its joining calls that agent."""
        token = caller_token(
            self.livekit.api_key,
            self.livekit.api_secret,
            room=room,
            identity=CALLER,
            agent_name=agent_name,
            metadata=metadata,
        )
        async with Caller.join(self.livekit.url, token) as caller:
            try:
                yield caller
            finally:
                # An agent that waits for its caller to come back would disturb the next round.
                async with asyncio.timeout(_CLOSE_LIMIT_S):
                    await self.api.room.delete_room(api.DeleteRoomRequest(room=room))

    async def dispatch_bare(self, room: str) -> None:
        request = api.CreateAgentDispatchRequest(
            agent_name=AGENT_NAME, room=room, metadata=self.asked("bare")
        )
        await self.api.agent_dispatch.create_dispatch(request)


def new_room(side: str) -> str:
    return f"bench-{side}-{uuid4()}"


async def rest() -> None:
    """Wait until the machine is at rest: both workers have warmed a process again for the next call."""
    psutil.cpu_percent()
    for _ in range(round(_REST_LIMIT_S / _LOOK_S)):
        await asyncio.sleep(_LOOK_S)
        if psutil.cpu_percent() < _REST_PERCENT:
            return
