"""Whether this agent reaches its server.

LiveKit itself takes 20 s to notice that it does not, and may take 7 s to come back to one that is back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import aiohttp
from livekit import api, rtc
from livekit.agents import JobContext

from agents.monitors.call_end import Ending, Shut

_LIMIT_S = 2.0
_LOOK_EVERY_S = 0.5
_BACK_BY_ITSELF_S = 1.5


async def cut_off(ctx: JobContext) -> bool:
    """Whether nothing reaches us, nor anybody hears what we say."""
    if ctx.room.connection_state != rtc.ConnectionState.CONN_CONNECTED:
        return True
    return await _present(ctx) is None


async def give_way_when_left_behind(ctx: JobContext, caller: str, ending: Ending) -> None:
    """Where the caller is back before us, another agent is quicker than LiveKit's next attempt (fault C1).

    LiveKit tries again after pauses that grow to 7 s, and offers nothing to try sooner.
    """
    while True:
        await asyncio.sleep(_LOOK_EVERY_S)
        if await _left_behind(ctx, caller):
            await asyncio.sleep(_BACK_BY_ITSELF_S)
            if await _left_behind(ctx, caller):
                ending.decide(Shut())
                return


async def _left_behind(ctx: JobContext, caller: str) -> bool:
    """Whether the caller is in a room that we are not in."""
    if ctx.room.connection_state != rtc.ConnectionState.CONN_RECONNECTING:
        return False
    return caller in (await _present(ctx) or ())


async def _present(ctx: JobContext) -> Sequence[str] | None:
    """Who is in the room, as the server says it; None where it does not answer."""
    asked = ctx.api.room.list_participants(api.ListParticipantsRequest(room=ctx.room.name))
    try:
        async with asyncio.timeout(_LIMIT_S):
            return [who.identity for who in (await asked).participants]
    except (aiohttp.ClientError, TimeoutError):
        return None
    except api.ServerError:
        return []  # whatever it says, it says something
