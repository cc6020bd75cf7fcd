"""What a benchmark's calls need: the servers, the caller's lines, and rooms with a caller."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psutil
from livekit import api

from agents.roster.roster import Roster, load_roster
from errors import BatonError
from local.caller.caller import Caller
from local.caller.token import caller_token
from local.groq_standin.script import Script, load_script
from local.livekit.server import LiveKitServer
from local.scripted import SCRIPTS
from local.stack import Stack
from persistence.contract.store import Store
from persistence.engines import open_store
from persistence.records import CallId, Handoff
from settings import Settings

CALLER = "caller"
LATENCIES = "like-groq"
SCRIPT = SCRIPTS / "bench.yaml"

_IDLE_PERCENT = 20.0  # of all cores: idle programs use less
_POLL_S = 0.25
_IDLE_LIMIT_S = 4.0
_CLOSE_LIMIT_S = 5.0


class NotMeasured(BatonError):
    """A call did not go as planned, so its figures would mean nothing."""


@dataclass(frozen=True, slots=True)
class Environment:
    """What every round needs. Role `first` answers calls; `second` takes them over, because of `matter`."""

    livekit: LiveKitServer
    api: api.LiveKitAPI
    store: Store
    script: Script
    roster: Roster
    agent_name: str
    first: str
    second: str
    matter: str

    @asynccontextmanager
    async def call(
        self, room: str, agent_name: str | None = None, metadata: str | None = None
    ) -> AsyncIterator[Caller]:
        """Put a caller in a new room, and close it afterwards. Joining dispatches `agent_name`, if given."""
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

    async def call_in(self, room: str) -> CallId:
        """Return the id of the room's call. Raises: NotMeasured."""
        for call in await self.store.calls():
            if call.room == room:
                return call.id
        raise NotMeasured("the call is not in the store")

    async def handoff_in(self, room: str) -> Handoff:
        """Return the only handoff of the room's call. Raises: NotMeasured."""
        handoffs = await self.store.handoffs(call_id=await self.call_in(room))
        if len(handoffs) != 1:
            raise NotMeasured(f"handoffs of the call: {[handoff.state.value for handoff in handoffs]}")
        return handoffs[0]


@asynccontextmanager
async def environment_of(stack: Stack, path: Path = SCRIPT) -> AsyncIterator[Environment]:
    """Yield the environment of a stack that runs the script at `path`. Raises: BadInput."""
    settings, livekit, script = Settings(), stack.livekit, load_script(path)
    roster = load_roster(settings.worker.roster_folder, voices=settings.groq.voices.split())
    async with (
        api.LiveKitAPI(livekit.url, livekit.api_key, livekit.api_secret) as livekit_api,
        open_store(stack.store, read_only=True) as store,
    ):
        yield Environment(
            livekit=livekit,
            api=livekit_api,
            store=store,
            script=script,
            roster=roster,
            agent_name=stack.agent_name,
            first=roster.first_role(settings.call).id,
            second=str(script.callers["target"][0].to),
            matter=script.summary[0].matter,
        )


def new_room(side: str) -> str:
    return f"bench-{side}-{uuid4()}"


async def rest() -> None:
    """Wait until the machine is idle: the workers have warmed a process for the next call. At most 4 s."""
    psutil.cpu_percent()
    for _ in range(round(_IDLE_LIMIT_S / _POLL_S)):
        await asyncio.sleep(_POLL_S)
        if psutil.cpu_percent() < _IDLE_PERCENT:
            return
