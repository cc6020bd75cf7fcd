"""Keeps joined tracks that somebody seeks in. Plain sound, so only in this process's memory, for minutes.

To find a single byte, the whole track must be decrypted and joined. A kept track is joined only once for a
player that asks for one range after another.
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
    """Keeps tracks, and drops a track when any process removes its recording.

    Any other change to a track, such as the removal of a turn's words, changes its plan, so that the earlier
    sound is no longer found.
    """

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._kept: dict[TrackPlan, _Kept] = {}
        self._dropping = BackgroundTasks()

    @property
    def kept(self) -> int:
        """Return how many tracks are kept."""
        return len(self._kept)

    async def sound(self, settings: RecordingSettings, plan: TrackPlan) -> bytes:
        """Return the track of a call that is over. Raises as `join_track`."""
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
        """Drop a track in time. Begin before the track is joined, so that no removal is missed."""
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
    """Whether an event removes the recording. Old events may still come: the feed lags by a few ms."""
    return (frame.call_id, frame.kind, frame.moved_to) == (call_id, "recording", RecordingState.GONE)
