"""Records each audio track that the caller receives, with a live loudness gate to wait on."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from livekit import rtc

from agents.audio.own_frames import hear_own_frames
from local.caller.tape import RATE_HZ, Samples, Tape
from local.caller.tasks import CallerTasks
from local.measure.lanes import LOUD

MUSIC_TRACK = "background_audio"
"""The track name of livekit-agents' BackgroundAudioPlayer; an agent's voice is a separate track."""

_ALIKE = 50
"""How many frames apart two streams of one receiver may deliver the same frame: on busy cores, 0.5 s."""
_PAUSE_S = 0.3
"""A pause this long ends a track's sound; the next one is new."""


@dataclass(slots=True)
class HeardTrack:
    """One track of one participant. `loud_s` is when it was last loud, in seconds on the caller's clock."""

    identity: str
    name: str
    sid: str
    tape: Tape = field(default_factory=Tape)
    first_loud_s: float | None = None
    loud_s: float | None = None
    last: deque[bytes] = field(default_factory=lambda: deque(maxlen=_ALIKE))
    """Its latest loud frames, to detect duplicates."""
    is_over: bool = False
    _began_s: float = 0.0  # its latest sound
    _loud_before_s: float | None = None  # before that sound

    @property
    def is_music(self) -> bool:
        return self.name == MUSIC_TRACK

    def hear(self, frame: Samples, now_s: float) -> bool:
        """Record a frame, and return whether it is loud."""
        self.tape.add(frame, now_s)
        if np.sqrt(np.mean(np.square(frame, dtype=np.float64))) < LOUD:
            return False
        if self.loud_s is None or now_s - self.loud_s > _PAUSE_S:
            self._began_s, self._loud_before_s = now_s, self.loud_s
        self.loud_s = now_s
        self.last.append(frame.tobytes())
        if self.first_loud_s is None:
            self.first_loud_s = now_s
        return True

    def end_before_sound(self) -> None:
        """End the track before its latest sound, which belonged to another track."""
        self.is_over = True
        self.tape.drop_since(self._began_s)
        self.loud_s = self._loud_before_s
        if self.loud_s is None:
            self.first_loud_s = None


class AudioReceiver:
    """Records all audio published in the room. Create it before connecting, so that it misses nothing."""

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
        """All tracks in order of arrival. A republished track is a new one."""
        return tuple(self._tracks)

    def close(self) -> None:
        """Ignore further tracks: the SDK cannot create a stream (AssertionError) in a room being left."""
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
        self._stop_listening(publication.sid)

    def _stop_listening(self, sid: str) -> None:
        if (stream := self._streams.pop(sid, None)) is not None:
            self._tasks.start(stream.aclose(), name="close audio stream")

    async def _listen(self, track: rtc.RemoteAudioTrack, heard: HeardTrack) -> None:
        if self._closed:
            return
        stream = rtc.AudioStream(track, sample_rate=RATE_HZ, num_channels=1)
        hear_own_frames(stream)
        self._streams[heard.sid] = stream
        try:
            async for event in stream:
                self._hear(heard, np.frombuffer(event.frame.data, np.int16).copy())
        finally:
            await stream.aclose()

    def _hear(self, heard: HeardTrack, frame: Samples) -> None:
        if not heard.is_over and heard.hear(frame, self._now_s()):
            self._stop_duplicates(heard.last[-1])

    def _stop_duplicates(self, frame: bytes) -> None:
        """End earlier tracks with the same frame: the SDK may report a track's end seconds late.

        By then, the track's receiver may already serve the next track.
        """
        alike = [track for track in self._tracks if frame in track.last and not track.is_over]
        for track in alike[:-1]:
            track.end_before_sound()
            self._stop_listening(track.sid)
