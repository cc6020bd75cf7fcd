"""One call's recording: a hidden participant that hears every track of the room until it has to stop."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from cryptography.fernet import MultiFernet
from livekit import rtc
from livekit.api import AccessToken, VideoGrants

from agents.recording.track_recorder import HOLD_BACK_MS, TrackRecorder
from errors import StaleHandoff, StoreError
from persistence.contract.store import Store
from persistence.recording import MUSIC, RecordingState
from persistence.records import CALLER, OPERATOR, Call, Trouble, WorkerId
from priority import give_up_real_time
from settings import LiveKitSettings
from tasks import Tasks
from transfer.livekit.joining import join
from transfer.livekit.kinds import is_agent
from transfer.ports import Clock
from transfer.protocol import AGENTS
from transfer.supervision import SUPERVISOR_TRACK

log = logging.getLogger(__name__)

T = TypeVar("T")

RECORDER = "recorder"
_WRITE_EVERY_S = 1.0
_CONNECT_LIMIT_S = 5.0
_LEAVE_LIMIT_S = 2.0
_AGAIN_S = 0.5
_MUSIC_TRACK = "background_audio"
"""The name that LiveKit's BackgroundAudioPlayer gives its track."""


@dataclass(frozen=True, slots=True)
class Means:
    """What a recorder has ready for every call."""

    worker: WorkerId
    store: Store
    clock: Clock
    folder: Path
    keys: MultiFernet
    livekit: LiveKitSettings


class CallRecorder:
    """Records one call. `call` is its row from when the recording began or resumed."""

    def __init__(self, means: Means, call: Call) -> None:
        self._means, self._call = means, call
        self._tasks = Tasks()
        self._tracks: list[TrackRecorder] = []
        self._hearing: dict[str, asyncio.Task[None]] = {}
        self._stopping = asyncio.Event()
        self._failed = False

    def start(self) -> None:
        self._tasks.start(self._stay_in_room(), name="a recorder in its room")
        self._writing = self._tasks.start(self._keep_written(), name="a recording")

    async def stop(self, until: float) -> None:
        """Stop, and keep nothing that was heard after `until`, ms UTC."""
        self._stopping.set()
        await self._writing  # never cancelled: a thread of it may be writing
        await self._tasks.cancel()
        for track in self._tracks:
            await self._in_order(track.close(until))

    async def _stay_in_room(self) -> None:
        """Stay in the room. If livekit-server restarts, join again, as the call's people do."""
        while True:
            left = asyncio.Event()
            room = rtc.Room()
            room.on("disconnected", lambda _, left=left: left.set())
            room.on("track_subscribed", self._begin_track)
            room.on("track_unsubscribed", self._end_track)
            try:
                async with asyncio.timeout(_CONNECT_LIMIT_S):
                    await join(room, self._means.livekit.url, self._token())
                give_up_real_time()  # the first room has started LiveKit's threads
                await left.wait()
            except (TimeoutError, rtc.ConnectError) as error:
                log.warning("a recorder could not join", extra={"error": type(error).__name__})
            finally:
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LEAVE_LIMIT_S):
                        await room.disconnect()
            await asyncio.sleep(_AGAIN_S)

    def _begin_track(
        self, track: rtc.Track, publication: rtc.RemoteTrackPublication, who: rtc.RemoteParticipant
    ) -> None:
        if track.kind == rtc.TrackKind.KIND_AUDIO:
            hearing = self._tasks.start(self._hear(track, publication, who), name="a recorded track")
            self._hearing[publication.sid] = hearing

    def _end_track(
        self, track: rtc.Track, publication: rtc.RemoteTrackPublication, who: rtc.RemoteParticipant
    ) -> None:
        """End a track's stream, which would otherwise continue for ever, in silence."""
        if (hearing := self._hearing.pop(publication.sid, None)) is not None:
            hearing.cancel()

    async def _hear(
        self, track: rtc.Track, publication: rtc.RemoteTrackPublication, who: rtc.RemoteParticipant
    ) -> None:
        means = self._means
        speaker = await self._speaker(publication, who)
        recorder = TrackRecorder(means.store, means.clock, means.folder, means.keys, self._call.id, speaker)
        self._tracks.append(recorder)
        await recorder.hear(track)

    async def _speaker(self, publication: rtc.RemoteTrackPublication, who: rtc.RemoteParticipant) -> str:
        """Return CALLER, the agent's role, MUSIC, or OPERATOR for a person who joined, or a supervisor."""
        if who.identity == self._call.caller:
            return CALLER
        if not is_agent(who) or publication.name == SUPERVISOR_TRACK:
            return OPERATOR
        if publication.name == _MUSIC_TRACK:
            return MUSIC
        job = who.identity.removeprefix(AGENTS)
        if job == self._call.holder_job:
            return self._call.holder_role
        with suppress(StoreError):
            for handoff in await self._means.store.handoffs(call_id=self._call.id, limit=1):
                if handoff.target_job == job:
                    return handoff.target
            if (now := await self._means.store.call(self._call.id)) is not None:
                return now.holder_role
        return self._call.holder_role

    async def _keep_written(self) -> None:
        while not self._failed:
            with suppress(TimeoutError):
                async with asyncio.timeout(_WRITE_EVERY_S):
                    await self._stopping.wait()
            if self._stopping.is_set():
                return
            until = self._means.clock.now_ms() - HOLD_BACK_MS
            tracks = list(self._tracks)
            taken = [await self._in_order(track.taken(until)) for track in tracks]
            if writings := [writing for writing in taken if writing is not None]:
                await self._in_order(asyncio.to_thread(_write, writings))
            for track in tracks:
                if track.is_over:
                    self._tracks.remove(track)
                    await self._in_order(track.close(math.inf))

    async def _in_order(self, step: Awaitable[T]) -> T | None:
        """Run a step of the recording, so that none of its errors reaches the call."""
        try:
            return await step
        except StaleHandoff:
            pass  # paused or over: `Recorders` is about to stop this
        except StoreError as error:
            log.warning("a recording waits for the store", extra={"error": type(error).__name__})
        except OSError as error:
            await self._fail(error)
        return None

    async def _fail(self, error: OSError) -> None:
        """End the recording, and record why; the call continues."""
        if self._failed:
            return
        self._failed = True
        store, now, call = self._means.store, self._means.clock.now_ms(), self._call.id
        log.error("a recording ended: the disk", extra={"call": call, "error": error.strerror})
        try:
            await store.move_recording(call, RecordingState.ENDED, by=RECORDER, at=now)
            await store.note_trouble(Trouble(call, "recording", _told(error), now))
        except StoreError as why:
            log.warning("the end of a recording was not noted", extra={"error": type(why).__name__})

    def _token(self) -> str:
        grants = VideoGrants(
            room_join=True, room=self._call.room, hidden=True, can_publish=False, can_publish_data=False
        )
        access = self._means.livekit
        token = AccessToken(access.api_key, access.api_secret.get_secret_value())
        # One identity per worker: for a moment two may record a call that moves from one to the other.
        identity = f"{RECORDER}-{self._means.worker}"
        return token.with_identity(identity).with_kind("egress").with_grants(grants).to_jwt()


def _write(writings: Sequence[Callable[[], None]]) -> None:
    """Write all tracks in one go: a thread switch costs as much as half a second of silence (0.12 ms).

    Raises: OSError, once every track was tried.
    """
    failed: OSError | None = None
    for write in writings:
        try:
            write()
        except OSError as error:
            failed = error
    if failed is not None:
        raise failed


def _told(error: OSError) -> str:
    return f"disk: {error.strerror or type(error).__name__}"
