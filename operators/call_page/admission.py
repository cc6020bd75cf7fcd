"""Who may call from the page now: limits by address and in all, and the end of calls that last too long."""

from __future__ import annotations

import asyncio
import logging
import math
from collections import OrderedDict, deque
from contextlib import suppress

from errors import LineFailed
from operators.auth.rate_limit import REMEMBERED, network_of
from operators.refused import Refused
from settings import CallPageSettings
from transfer.livekit.server_api import ServerApi
from transfer.ports import Clock

log = logging.getLogger(__name__)

ROOMS = "page-"
"""Prefix of the page's rooms."""
LATE_MS = 60_000
"""How long after its limit a call is cut off. Its agent has said goodbye before."""
LOOK_EVERY_S = 15.0

_MINUTE_MS, _HOUR_MS = 60_000, 3_600_000
_JOINS_WITHIN_MS = 30_000
_LIVEKIT_LIMIT_S = 2.0
_BUSY_S = 60


class RateLimit:
    """Calls by address in the last minute and hour. Remembers REMEMBERED addresses, the latest ones."""

    def __init__(self, settings: CallPageSettings, clock: Clock) -> None:
        self._limits = ((_MINUTE_MS, settings.calls_per_minute), (_HOUR_MS, settings.calls_per_hour))
        self._clock = clock
        self._calls: OrderedDict[str, deque[int]] = OrderedDict()

    def wait_ms(self, address: str) -> int:
        """How long this address must wait; 0 if not at all."""
        now, calls = self._clock.now_ms(), self._calls.get(network_of(address), ())
        free_at = [calls[-count] + within for within, count in self._limits if len(calls) >= count]
        return max(0, *(at - now for at in free_at), 0)

    def called(self, address: str) -> None:
        network = network_of(address)
        longest = max(count for _, count in self._limits)
        calls = self._calls.pop(network, None) or deque(maxlen=longest)
        calls.append(self._clock.now_ms())
        self._calls[network] = calls
        if len(self._calls) > REMEMBERED:
            self._calls.popitem(last=False)


class Admission:
    """Made once per service. The server's rooms say how many calls there are, so a restart forgets none."""

    def __init__(self, settings: CallPageSettings, server: ServerApi, clock: Clock) -> None:
        self._settings, self._server, self._clock = settings, server, clock
        self._rate = RateLimit(settings, clock)
        self._one_at_a_time = asyncio.Lock()
        self._expected: dict[str, int] = {}  # rooms with a token whose caller may not have joined: when made

    async def admit(self, address: str, room: str) -> None:
        """Reserve a place for one call. Raises: Refused; LineFailed, if LiveKit does not answer."""
        if wait_ms := self._rate.wait_ms(address):
            wait_s = math.ceil(wait_ms / 1000)
            detail = f"calls from this address are limited; try again in {wait_s} s"
            raise Refused("too-many-calls", detail, headers={"Retry-After": str(wait_s)})
        async with self._one_at_a_time:
            if await self._calls_now() >= self._settings.calls_at_once:
                detail = f"the page has as many calls as it may have; try again in {_BUSY_S} s"
                raise Refused("lines-busy", detail, headers={"Retry-After": str(_BUSY_S)})
            self._expected[room] = self._clock.now_ms()
            self._rate.called(address)

    async def _calls_now(self) -> int:
        there = {room.name for room in await self._server.rooms(limit_s=_LIVEKIT_LIMIT_S)}
        since = self._clock.now_ms() - _JOINS_WITHIN_MS
        self._expected = {room: at for room, at in self._expected.items() if at > since and room not in there}
        return sum(name.startswith(ROOMS) for name in there) + len(self._expected)

    async def end_overdue(self) -> None:
        """Close rooms whose agent did not end the call in time, until cancelled."""
        while True:
            with suppress(LineFailed):
                await self._close_overdue()
            await asyncio.sleep(LOOK_EVERY_S)

    async def _close_overdue(self) -> None:
        longest_ms = round(self._settings.longest_call_s * 1000) + LATE_MS
        for room in await self._server.rooms(limit_s=_LIVEKIT_LIMIT_S):
            made_at = room.creation_time_ms or room.creation_time * 1000
            if room.name.startswith(ROOMS) and self._clock.now_ms() - made_at > longest_ms:
                log.warning("a call from the page was cut off", extra={"room": room.name})
                await self._server.delete_room(room.name)
