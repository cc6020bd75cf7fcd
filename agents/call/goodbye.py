"""Ends a call with a goodbye: the room closes only after the caller has heard it to the end."""

from __future__ import annotations

import asyncio
import logging

from agents.call.active_call import ActiveCall
from errors import LineFailed, VoiceFailed
from tasks import together
from transfer.livekit.rpc import Departure
from transfer.livekit.server_api import ServerApi

log = logging.getLogger(__name__)

EAR_BEHIND_S = 0.7
"""How long after the last sound was played out the room stays open.

The caller's ear is 100 ms behind, 370 ms with four calls on two cores (measured: see `BEAT_MS` in
`transfer.target.target`). The rest is for a slow network.
"""

_GOODBYE_LIMIT_S = 40.0
"""A goodbye takes 3 to 10 s. This ends one that is not played out, as in a room that is gone."""


async def say_goodbye(call: ActiveCall, words: str) -> None:
    """Say the words to their end, after the current reply, unless the caller leaves first."""
    gone = Departure(call.ctx.room, call.row.caller)
    try:
        async with asyncio.timeout(_GOODBYE_LIMIT_S), together() as group:
            saying = group.create_task(_say(call, words))
            leaving = group.create_task(gone.wait())
            await asyncio.wait({saying, leaving}, return_when=asyncio.FIRST_COMPLETED)
            saying.cancel()
            leaving.cancel()
    except (TimeoutError, VoiceFailed, RuntimeError):  # RuntimeError: the session is closed
        log.warning("the goodbye was not heard", extra={"call": call.row.id})
    finally:
        gone.close()


async def _say(call: ActiveCall, words: str) -> None:
    await call.voice.close_ears()
    await call.voice.say_whole(words)


async def close_room(server: ServerApi, room: str) -> None:
    """Close the room once the last sound and the last caption have reached the caller."""
    await asyncio.sleep(EAR_BEHIND_S)
    try:
        await server.delete_room(room)
    except LineFailed as error:
        log.warning("room not deleted", extra={"room": room, "error": str(error)})
