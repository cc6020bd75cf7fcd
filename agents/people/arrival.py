"""Whether a person's packets still arrive: livekit-server needs 20 s to notice a killed browser."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from livekit import rtc

from transfer.desk_protocol import DESK_BEAT

_LOOK_EVERY_S = 0.2
LOST_AFTER_S = 1.0
"""Seconds without a packet. Opus sends one every 0.4 s even of silence (RFC 7587, 3.1.3: DTX)."""
MUTED_LOST_AFTER_S = 1.3
"""Seconds without a beat of the page, which sends one every 0.4 s (operators/console/script/desk/beat.js)."""
_STATS_LIMIT_S = 1.0

_VOICE, _BEATS = "voice", "beats"
_LOST_AFTER_S = {_VOICE: LOST_AFTER_S, _BEATS: MUTED_LOST_AFTER_S}
_Sign = tuple[str, int]
"""What is counted, voice packets or beats, and how many have arrived."""


class Arrival:
    """Calls `lost` and `back` for one participant, judged by voice, or by the page's beats while muted.

    A participant that has sent no beat yet, such as a telephone, counts as present while muted.
    """

    def __init__(
        self, room: rtc.Room, identity: str, *, lost: Callable[[], None], back: Callable[[], None]
    ) -> None:
        self._room, self._identity = room, identity
        self._lost, self._back = lost, back
        self._beats = 0

    async def watch(self) -> None:
        """Runs until cancelled."""
        self._room.on("data_received", self._on_data)
        try:
            await self._watch()
        finally:
            self._room.off("data_received", self._on_data)

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        latest: _Sign | None = None
        since_s, is_lost = loop.time(), False
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            try:
                sign = await self._sign()
            except _NotCounted:
                continue
            if sign is None or sign != latest:
                if is_lost and self._identity in self._room.remote_participants:
                    self._back()
                latest, since_s, is_lost = sign, loop.time(), False
            elif not is_lost and loop.time() - since_s >= _LOST_AFTER_S[sign[0]]:
                is_lost = True
                self._lost()

    async def _sign(self) -> _Sign | None:
        """Return the current count; None: they have left, or send nothing to miss. Raises: _NotCounted."""
        participant = self._room.remote_participants.get(self._identity)
        for publication in participant.track_publications.values() if participant else ():
            track = publication.track
            if track is None or track.kind != rtc.TrackKind.KIND_AUDIO:
                continue
            if not publication.muted:
                return _VOICE, await _received(track)
            if self._beats:
                return _BEATS, self._beats
        return None

    def _on_data(self, packet: rtc.DataPacket) -> None:
        sender = packet.participant
        if packet.topic == DESK_BEAT and sender is not None and sender.identity == self._identity:
            self._beats += 1


class _NotCounted(Exception):
    """The packets were not counted: this process is busy, or the track has just gone."""


async def _received(track: rtc.Track) -> int:
    try:
        async with asyncio.timeout(_STATS_LIMIT_S):
            stats = await track.get_stats()
    except Exception as error:  # LiveKit raises nothing narrower
        raise _NotCounted from error
    return sum(one.inbound_rtp.received.packets_received for one in stats if one.HasField("inbound_rtp"))
