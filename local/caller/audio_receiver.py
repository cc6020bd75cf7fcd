"""What the caller hears: every audio track by itself, on the caller's clock, with a live gate for waiting."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from livekit import rtc

from local.caller.tape import RATE_HZ, Samples, Tape
from local.caller.tasks import CallerTasks
from local.measure.lanes import LOUD

MUSIC_TRACK = "background_audio"
"""The name that livekit-agents' BackgroundAudioPlayer gives its track; an agent's voice is another track."""

_ALIKE = 5
"""Frames within which two streams of one receiver give out the same one."""


@dataclass(slots=True)
class HeardTrack:
    """One track of one participant. `loud_s` is when it was last loud, in seconds of the caller's clock."""

    identity: str
    name: str
    sid: str
    tape: Tape = field(default_factory=Tape)
    first_loud_s: float | None = None
    loud_s: float | None = None
    last: deque[bytes] = field(default_factory=lambda: deque(maxlen=_ALIKE))
    """Its latest loud frames, to know them again."""

    @property
    def is_music(self) -> bool:
        return self.name == MUSIC_TRACK


class AudioReceiver:
    """Subscribes to all audio the room publishes. Attach before connecting, so that nothing is missed."""

    def __init__(self, room: rtc.Room, tasks: CallerTasks, now_s: Callable[[], float]) -> None:
        self._tasks = tasks
        self._now_s = now_s
        self._tracks: list[HeardTrack] = []
        self._streams: dict[str, rtc.AudioStream] = {}
        self._closed = False
        room.on("track_subscribed", self._on_track)
        room.on("track_unsubscribed", self._on_track_gone)

    @property
    def tracks(self) -> Sequence[HeardTrack]:
        """In the order in which they came; a track published again is another one."""
        return tuple(self._tracks)

    def close(self) -> None:
        """Hear no further track: the SDK makes no stream (AssertionError) once a room is being left."""
        self._closed = True

    def _on_track(
        self, track: rtc.Track, publication: rtc.RemoteTrackPublication, participant: rtc.RemoteParticipant
    ) -> None:
        if isinstance(track, rtc.RemoteAudioTrack):
            heard = HeardTrack(participant.identity, publication.name, publication.sid)
            self._tracks.append(heard)
            self._tasks.start(self._listen(track, heard), name="receive audio")

    def _on_track_gone(
        self, track: rtc.Track, publication: rtc.RemoteTrackPublication, participant: rtc.RemoteParticipant
    ) -> None:
        self._hear_no_more(publication.sid)

    def _hear_no_more(self, sid: str) -> None:
        if (stream := self._streams.pop(sid, None)) is not None:
            self._tasks.start(stream.aclose(), name="close audio stream")

    async def _listen(self, track: rtc.RemoteAudioTrack, heard: HeardTrack) -> None:
        if self._closed:
            return
        stream = rtc.AudioStream(track, sample_rate=RATE_HZ, num_channels=1)
        self._streams[heard.sid] = stream
        try:
            async for event in stream:
                self._hear(heard, np.frombuffer(event.frame.data, np.int16).copy())
        finally:
            await stream.aclose()

    def _hear(self, heard: HeardTrack, frame: Samples) -> None:
        now_s = self._now_s()
        heard.tape.add(frame, now_s)
        if np.sqrt(np.mean(np.square(frame, dtype=np.float64))) >= LOUD:
            heard.loud_s = now_s
            heard.last.append(frame.tobytes())
            self._part_from_earlier(heard.last[-1])
            if heard.first_loud_s is None:
                heard.first_loud_s = now_s

    def _part_from_earlier(self, frame: bytes) -> None:
        """A receiver may serve the next track seconds before the SDK tells that the first has ended."""
        for track in [track for track in self._tracks if frame in track.last][:-1]:
            self._hear_no_more(track.sid)
