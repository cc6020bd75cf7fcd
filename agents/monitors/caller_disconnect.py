"""Notices that the caller has left. Our own reconnect is not a departure.

A caller who hangs up ends the call at once. If they come back soon, as after a reload of their page, another
agent continues the call (agents/jobs/returning_caller.py). If a caller's connection breaks, we wait for them.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable
from contextlib import suppress

from livekit import rtc

from agents.monitors.call_end import CallEnding, Disconnected, EndCall
from persistence.records import CallEnd
from settings import CallSettings
from transfer.livekit.rpc import LEFT_FOR_GOOD

log = logging.getLogger(__name__)

_RECONNECT_POLL_S = 0.25
_RECONNECTS_TOO_S = 5.0
"""How much later than this agent a caller may reconnect after their node died: LiveKit's clients pause that
long between attempts."""

_ROOM_GONE = {
    rtc.DisconnectReason.CLIENT_INITIATED,
    rtc.DisconnectReason.ROOM_DELETED,
    rtc.DisconnectReason.ROOM_CLOSED,
}


class CallerDisconnectMonitor:
    """Ends the call if the caller hangs up, or is disconnected for longer than `departure_s`.

    It notices a departure from the moment it is made, and acts on it while `watch_caller` runs. `on_left`
    returns when the call may end.
    """

    def __init__(
        self,
        room: rtc.Room,
        caller: str,
        ending: CallEnding,
        settings: CallSettings,
        on_left: Callable[[], Awaitable[None]],
        on_back: Callable[[], None],
    ) -> None:
        self._room, self._caller, self._ending, self._settings = room, caller, ending, settings
        self._on_left, self._on_back = on_left, on_back
        self._left = asyncio.Event()
        self._back = asyncio.Event()
        self._left_for_good = False
        self._reconnected_s = -math.inf  # by the loop's clock
        room.on("participant_disconnected", self._on_disconnected)
        room.on("participant_connected", self._on_connected)
        room.on("disconnected", self._on_room_disconnected)
        room.on("reconnected", self._on_reconnected)

    def _on_disconnected(self, participant: rtc.RemoteParticipant) -> None:
        if participant.identity == self._caller:
            self._left_for_good = participant.disconnect_reason in LEFT_FOR_GOOD
            self._back.clear()
            self._left.set()

    def _on_connected(self, participant: rtc.RemoteParticipant) -> None:
        if participant.identity == self._caller:
            self._left.clear()
            self._back.set()

    def _on_reconnected(self) -> None:
        self._reconnected_s = asyncio.get_running_loop().time()

    def _on_room_disconnected(self, reason: rtc.DisconnectReason.ValueType) -> None:
        """End the call only if the room is gone; otherwise the room has only lost this agent (fault C1)."""
        log.info("this agent is out of the room", extra={"reason": rtc.DisconnectReason.Name(reason)})
        self._ending.decide(EndCall(CallEnd.CALLER_LEFT) if reason in _ROOM_GONE else Disconnected())

    async def watch_caller(self) -> None:
        """Run until the call ends, or the caller stays away."""
        if self._caller not in self._room.remote_participants:
            self._left.set()
        while True:
            await self._left.wait()
            if not self._left_for_good and await self._was_our_own_reconnect():
                continue
            await self._on_left()
            if self._left_for_good or not await self._comes_back():
                self._ending.decide(EndCall(CallEnd.CALLER_LEFT))
                return
            self._on_back()

    async def _comes_back(self) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._settings.departure_s):
                return await self._back.wait()
        return False

    async def _was_our_own_reconnect(self) -> bool:
        """Whether we only reconnected: that shows everyone as gone (fault C1), so check again once connected.

        If the room's node died, the caller reconnects as well, and may be later than we are.
        """
        await asyncio.sleep(_RECONNECT_POLL_S)
        while self._room.connection_state == rtc.ConnectionState.CONN_RECONNECTING:  # noqa: ASYNC110
            await asyncio.sleep(_RECONNECT_POLL_S)  # LiveKit ends this state: reconnected, or disconnected
        back_for_s = asyncio.get_running_loop().time() - self._reconnected_s
        if self._caller not in self._room.remote_participants and back_for_s < _RECONNECTS_TOO_S:
            with suppress(TimeoutError):
                async with asyncio.timeout(_RECONNECTS_TOO_S - back_for_s):
                    await self._back.wait()
        if self._caller in self._room.remote_participants:
            self._left.clear()
            return True
        return False
