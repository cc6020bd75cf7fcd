"""Checks whether this agent can reach livekit-server.

LiveKit's SDK takes 20 s to notice a loss, and up to 7 s to reconnect once the server can be reached again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress

from livekit import rtc
from livekit.protocol.models import ParticipantInfo

from agents.monitors.call_end import CallEnding, Disconnected
from errors import LineFailed, RequestRefused
from persistence.contract.store import Store
from persistence.records import Call, HandoffState, JobId
from persistence.retry import until_answered
from transfer.livekit.server_api import ServerApi

log = logging.getLogger(__name__)

_LIMIT_S = 2.0
_POLL_EVERY_S = 0.5
_RECONNECT_GRACE_S = 1.5
_MUTE_LIMIT_S = 5.0
_ANSWERS_WITHIN_S = 0.5
"""A living node answers within milliseconds; livekit-server would wait 3 s for a dead one."""


def is_connected(room: rtc.Room) -> bool:
    """Whether the room is connected. Unlike LiveKit's `isconnected`, False while it reconnects."""
    return room.connection_state == rtc.ConnectionState.CONN_CONNECTED


async def cut_off(room: rtc.Room, server: ServerApi) -> bool:
    """Whether this agent neither hears nor is heard."""
    if not is_connected(room):
        return True
    return await _present(room, server) is None


async def yield_when_left_behind(room: rtc.Room, server: ServerApi, caller: str, ending: CallEnding) -> None:
    """If the caller is back in the room before this agent, leave the call to a new agent (fault C1).

    That is faster: the pauses between LiveKit's reconnect attempts grow to 7 s, and cannot be shortened.
    """
    while True:
        await asyncio.sleep(_POLL_EVERY_S)
        if await _left_behind(room, server, caller):
            await asyncio.sleep(_RECONNECT_GRACE_S)
            if await _left_behind(room, server, caller):
                log.warning("the caller was back first, leaving")
                ending.decide(Disconnected())
                return


async def leave_when_mute(room: rtc.Room, ending: CallEnding) -> None:
    """Leave the call to a new agent if this one cannot publish its voice.

    Publishing takes milliseconds. If its request is lost, as in an outage of Redis (fault N3), LiveKit waits
    10 s, and then the session continues without a voice.
    """
    mute_s = 0.0
    while mute_s < _MUTE_LIMIT_S:
        await asyncio.sleep(_POLL_EVERY_S)
        tracks = room.local_participant.track_publications.values()
        heard = any(track.source == rtc.TrackSource.SOURCE_MICROPHONE for track in tracks)
        if heard:
            mute_s = 0.0
        elif is_connected(room):
            mute_s += _POLL_EVERY_S
    log.warning("this agent has no voice, leaving")
    ending.decide(Disconnected())


async def leave_when_replaced(
    room: rtc.Room, store: Store, call: Call, job: JobId, ending: CallEnding
) -> None:
    """After every reconnect, leave if another agent has recovered the call meanwhile."""
    back = asyncio.Event()
    room.on("reconnected", back.set)
    while True:
        await back.wait()
        back.clear()
        if await _is_replaced(store, call, job):
            log.warning("another agent holds the call, leaving", extra={"call": call.id})
            ending.decide(Disconnected())
            return


async def _is_replaced(store: Store, call: Call, job: JobId) -> bool:
    """Whether the call was recovered, or soon will be. A target that has taken over does not count."""
    row = await until_answered(
        lambda: store.call(call.id), "holder not read", try_limit_s=_LIMIT_S, call=call.id
    )
    if row is None or row.ended_at is not None or (row.holder_job == job and row.lost_at is None):
        return False
    handoffs = await until_answered(
        lambda: store.handoffs(call_id=call.id, state=HandoffState.COMPLETED),
        "handoffs not read",
        try_limit_s=_LIMIT_S,
        call=call.id,
    )
    return row.lost_at is not None or all(each.target_job != row.holder_job for each in handoffs)


async def _left_behind(room: rtc.Room, server: ServerApi, caller: str) -> bool:
    """Whether the caller is in the room and this agent is not.

    A list does not show it: livekit-server still lists the participants of a dead node (fault N1).
    """
    if room.connection_state != rtc.ConnectionState.CONN_RECONNECTING:
        return False
    with suppress(LineFailed):
        return await server.is_connected(room.name, caller, limit_s=_ANSWERS_WITHIN_S)
    return False


async def _present(room: rtc.Room, server: ServerApi) -> Sequence[ParticipantInfo] | None:
    """Return everyone in the room, according to the server; None if it does not answer."""
    try:
        return await server.participants(room.name, limit_s=_LIMIT_S) or ()
    except RequestRefused:
        return ()  # an error is an answer as well
    except LineFailed:
        return None
