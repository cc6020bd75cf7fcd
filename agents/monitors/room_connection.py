"""Whether this agent reaches its server.

LiveKit itself takes 20 s to notice that it does not, and may take 7 s to come back to one that is back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from livekit import rtc

from agents.monitors.call_end import CallEnding, Disconnected
from errors import LineFailed, RequestRefused
from transfer.livekit.server_api import ServerApi

_LIMIT_S = 2.0
_LOOK_EVERY_S = 0.5
_BACK_BY_ITSELF_S = 1.5


async def cut_off(room: rtc.Room, server: ServerApi) -> bool:
    """Whether nothing reaches us, nor anybody hears what we say."""
    if room.connection_state != rtc.ConnectionState.CONN_CONNECTED:
        return True
    return await _present(room, server) is None


async def give_way_when_left_behind(
    room: rtc.Room, server: ServerApi, caller: str, ending: CallEnding
) -> None:
    """Where the caller is back before us, another agent is quicker than LiveKit's next attempt (fault C1).

    LiveKit tries again after pauses that grow to 7 s, and offers nothing to try sooner.
    """
    while True:
        await asyncio.sleep(_LOOK_EVERY_S)
        if await _left_behind(room, server, caller):
            await asyncio.sleep(_BACK_BY_ITSELF_S)
            if await _left_behind(room, server, caller):
                ending.decide(Disconnected())
                return


async def _left_behind(room: rtc.Room, server: ServerApi, caller: str) -> bool:
    """Whether the caller is in a room that we are not in."""
    if room.connection_state != rtc.ConnectionState.CONN_RECONNECTING:
        return False
    return caller in (await _present(room, server) or ())


async def _present(room: rtc.Room, server: ServerApi) -> Sequence[str] | None:
    """Who is in the room, as the server says it; None where it does not answer."""
    try:
        found = await server.participants(room.name, limit_s=_LIMIT_S)
    except RequestRefused:
        return []  # an error is an answer as well
    except LineFailed:
        return None
    return [participant.identity for participant in found or ()]
