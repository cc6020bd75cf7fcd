"""Whether this agent reaches its server: LiveKit itself takes 20 s to notice that it does not."""

from __future__ import annotations

import asyncio

import aiohttp
from livekit import api, rtc
from livekit.agents import JobContext

_LIMIT_S = 2.0


async def cut_off(ctx: JobContext) -> bool:
    """Whether nothing reaches us, nor anybody hears what we say."""
    if ctx.room.connection_state != rtc.ConnectionState.CONN_CONNECTED:
        return True
    asked = ctx.api.room.list_participants(api.ListParticipantsRequest(room=ctx.room.name))
    try:
        async with asyncio.timeout(_LIMIT_S):
            await asked
    except (aiohttp.ClientError, TimeoutError):
        return True
    except api.ServerError:
        return False  # whatever it says, it says something
    return False
