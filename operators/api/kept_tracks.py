"""Joined tracks that somebody seeks in. Plain sound: in this process's memory alone, for minutes.

To place a single byte, all of a track must be decrypted and joined. So a player that asks for one range after
another has it joined once.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

from operators.api.event_feed import Feed, Frame
from operators.recordings import TrackPlan, join_track
from persistence.recording import RecordingState
from persistence.records import CallId
from settings import RecordingSettings
from tasks import BackgroundTasks

KEPT_S = 300.0
KEPT_BYTES = 64_000_000
"""For all tracks together: five of an hour each. Beyond that, the oldest is dropped."""


@dataclass(slots=True)
class _Kept:
    sound: bytes = b""
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while the track is joined. Requests made meanwhile wait for the same sound."""


class KeptTracks:
    """Drops a track when its recording is removed, in whatever process.

    What else changes a track, as a turn whose words are removed, changes its plan: the sound of before is no
    longer found.
    """

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._kept: dict[TrackPlan, _Kept] = {}
        self._dropping = BackgroundTasks()

    @property
    def kept(self) -> int:
        """How many tracks are."""
        return len(self._kept)

    async def sound(self, settings: RecordingSettings, plan: TrackPlan) -> bytes:
        """The track of a call that is over. Raises as `join_track`."""
        if (kept := self._kept.get(plan)) is None:
            kept = self._kept[plan] = _Kept()
            self._dropping.start(self._drop_in_time(plan, kept), name="a track that is kept")
        async with kept.turn:
            if not kept.sound:
                kept.sound = await join_track(settings, plan)
                self._make_room()
        return kept.sound

    async def close(self) -> None:
        await self._dropping.cancel()
        self._kept.clear()

    async def _drop_in_time(self, plan: TrackPlan, kept: _Kept) -> None:
        """It begins before the track is joined: what is removed meanwhile is not kept."""
        with self._feed.listen() as listener, suppress(TimeoutError):
            async with asyncio.timeout(KEPT_S):
                while frames := await listener.next():
                    if any(_removes(frame, plan.call_id) for frame in frames):
                        break
        if self._kept.get(plan) is kept:
            del self._kept[plan]

    def _make_room(self) -> None:
        while sum(len(kept.sound) for kept in self._kept.values()) > KEPT_BYTES:
            del self._kept[next(iter(self._kept))]


def _removes(frame: Frame, call_id: CallId) -> bool:
    """Events of before may still come: the feed lags behind the store by a few milliseconds."""
    return (frame.call_id, frame.kind, frame.moved_to) == (call_id, "recording", RecordingState.GONE)
