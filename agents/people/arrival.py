"""Whether a person's voice still arrives: livekit-server needs 20 s to notice a browser that was killed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from livekit import rtc

_LOOK_EVERY_S = 0.2
LOST_AFTER_S = 1.0
"""Without one packet. Opus sends one every 0.4 s even of silence (RFC 7587, 3.1.3: DTX)."""
_STATS_LIMIT_S = 1.0


class Arrival:
    """Tells `lost` and `back` of one participant. A muted voice sends nothing, so nothing is known of it."""

    def __init__(
        self, room: rtc.Room, identity: str, *, lost: Callable[[], None], back: Callable[[], None]
    ) -> None:
        self._room, self._identity = room, identity
        self._lost, self._back = lost, back

    async def watch(self) -> None:
        """Runs until cancelled."""
        loop = asyncio.get_running_loop()
        latest, since_s, is_lost = None, loop.time(), False
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            try:
                packets = await self._packets()
            except _NotCounted:
                continue
            if packets is None or packets != latest:
                if is_lost and self._identity in self._room.remote_participants:
                    self._back()
                latest, since_s, is_lost = packets, loop.time(), False
            elif not is_lost and loop.time() - since_s >= LOST_AFTER_S:
                is_lost = True
                self._lost()

    async def _packets(self) -> int | None:
        """How many have come of the participant's voice; None: they send none. Raises: _NotCounted."""
        participant = self._room.remote_participants.get(self._identity)
        for publication in participant.track_publications.values() if participant else ():
            track = publication.track
            if track is not None and track.kind == rtc.TrackKind.KIND_AUDIO and not publication.muted:
                return await _received(track)
        return None


class _NotCounted(Exception):
    """This process is busy, or the track has just gone."""


async def _received(track: rtc.Track) -> int:
    try:
        async with asyncio.timeout(_STATS_LIMIT_S):
            stats = await track.get_stats()
    except Exception as error:  # LiveKit raises nothing narrower
        raise _NotCounted from error
    return sum(one.inbound_rtp.received.packets_received for one in stats if one.HasField("inbound_rtp"))
