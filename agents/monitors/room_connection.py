"""Whether this agent can reach livekit-server.

LiveKit's SDK takes 20 s to notice that it cannot, and up to 7 s to reconnect once it can.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from livekit import rtc

from agents.monitors.call_end import CallEnding, Disconnected
from errors import LineFailed, RequestRefused
from transfer.livekit.server_api import ServerApi

_LIMIT_S = 2.0
_POLL_EVERY_S = 0.5
_RECONNECT_GRACE_S = 1.5


async def cut_off(room: rtc.Room, server: ServerApi) -> bool:
    """Whether this agent neither hears nor is heard."""
    if room.connection_state != rtc.ConnectionState.CONN_CONNECTED:
        return True
    return await _present(room, server) is None


async def yield_when_left_behind(room: rtc.Room, server: ServerApi, caller: str, ending: CallEnding) -> None:
    """If the caller reconnects before this agent does, leave the call to a new agent (fault C1).

    That is faster: the pauses between LiveKit's reconnect attempts grow to 7 s, and cannot be shortened.
    """
    while True:
        await asyncio.sleep(_POLL_EVERY_S)
        if await _left_behind(room, server, caller):
            await asyncio.sleep(_RECONNECT_GRACE_S)
            if await _left_behind(room, server, caller):
                ending.decide(Disconnected())
                return


async def _left_behind(room: rtc.Room, server: ServerApi, caller: str) -> bool:
    """Whether the caller is in the room and this agent is not."""
    if room.connection_state != rtc.ConnectionState.CONN_RECONNECTING:
        return False
    return caller in (await _present(room, server) or ())


async def _present(room: rtc.Room, server: ServerApi) -> Sequence[str] | None:
    """The identities in the room, according to the server; None if it does not answer."""
    try:
        found = await server.participants(room.name, limit_s=_LIMIT_S)
    except RequestRefused:
        return []  # an error is an answer as well
    except LineFailed:
        return None
    return [participant.identity for participant in found or ()]
