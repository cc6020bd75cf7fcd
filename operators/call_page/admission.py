"""Limits calls from the page, per address and in total, and ends calls that last too long."""

from __future__ import annotations

import asyncio
import logging
import math
from collections import OrderedDict, deque
from collections.abc import Sequence
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
"""How long after its limit a call is cut off. By then its agent has said goodbye."""
CLOCKS_MS = 240_000
"""How far livekit-server's clock, which says when a room was made, may differ from ours."""
LOOK_EVERY_S = 15.0

_MINUTE_MS, _HOUR_MS = 60_000, 3_600_000
_RELOADS = ((_MINUTE_MS, 30),)
"""Reloads allowed for one call's page: more than anybody needs. Each reload writes a row."""
_LOOKS = ((_MINUTE_MS, 120),)
"""Polls allowed for all pages behind one address that wait for a call back. Each page polls every 3 s."""
_JOINS_WITHIN_MS = 30_000
_LIVEKIT_LIMIT_S = 2.0
_BUSY_S = 60


class RateLimit:
    """Limits how often each key may do something. Remembers the latest REMEMBERED keys."""

    def __init__(self, limits: Sequence[tuple[int, int]], clock: Clock, *, what: str) -> None:
        """`limits` are pairs of a window in ms and the number allowed in it."""
        self._limits, self._clock, self._what = limits, clock, what
        self._done: OrderedDict[str, deque[int]] = OrderedDict()

    def check(self, who: str) -> None:
        """Check that `who` need not wait. Raises: Refused."""
        now, done = self._clock.now_ms(), self._done.get(who, ())
        free_at = [done[-count] + within for within, count in self._limits if len(done) >= count]
        if (wait_ms := max(0, *(at - now for at in free_at), 0)) > 0:
            wait_s = math.ceil(wait_ms / 1000)
            detail = f"{self._what} are limited; try again in {wait_s} s"
            raise Refused("too-many-calls", detail, headers={"Retry-After": str(wait_s)})

    def done(self, who: str) -> None:
        longest = max(count for _, count in self._limits)
        done = self._done.pop(who, None) or deque(maxlen=longest)
        done.append(self._clock.now_ms())
        self._done[who] = done
        if len(self._done) > REMEMBERED:
            self._done.popitem(last=False)


class Admission:
    """Made once per service. Counts calls by the server's rooms, so a restart forgets none."""

    def __init__(self, settings: CallPageSettings, server: ServerApi, clock: Clock) -> None:
        self._settings, self._server, self._clock = settings, server, clock
        of_calls = ((_MINUTE_MS, settings.calls_per_minute), (_HOUR_MS, settings.calls_per_hour))
        self._calls = RateLimit(of_calls, clock, what="calls from this address")
        self._reloads = RateLimit(_RELOADS, clock, what="reloads of the page in a call")
        self._looks = RateLimit(_LOOKS, clock, what="looks at a call back")
        self._one_at_a_time = asyncio.Lock()
        self._expected: dict[str, int] = {}  # by room: when admitted. The caller may not have joined

    async def admit(self, address: str, room: str) -> None:
        """Reserve a place for one call. Raises: Refused; LineFailed, if LiveKit does not answer."""
        network = network_of(address)
        self._calls.check(network)
        async with self._one_at_a_time:
            if await self._calls_now() >= self._settings.calls_at_once:
                detail = f"the page has as many calls as it may have; try again in {_BUSY_S} s"
                raise Refused("lines-busy", detail, headers={"Retry-After": str(_BUSY_S)})
            self._expected[room] = self._clock.now_ms()
            self._calls.done(network)

    def admit_again(self, room: str) -> None:
        """Count a reload by a caller who continues their call. It is not a new call. Raises: Refused."""
        self._reloads.check(room)
        self._reloads.done(room)

    def look(self, address: str) -> None:
        """Count a page's poll for its call back, or its answer to one. Raises: Refused."""
        network = network_of(address)
        self._looks.check(network)
        self._looks.done(network)

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
        longest_ms = round(self._settings.longest_call_s * 1000) + LATE_MS + CLOCKS_MS
        for room in await self._server.rooms(limit_s=_LIVEKIT_LIMIT_S):
            made_at = room.creation_time_ms or room.creation_time * 1000
            if room.name.startswith(ROOMS) and self._clock.now_ms() - made_at > longest_ms:
                log.warning("a call from the page was cut off")
                await self._server.delete_room(room.name)
