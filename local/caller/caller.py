"""A scripted caller: a real WebRTC participant that speaks, listens and records all it receives.

Each track is recorded separately. All times are milliseconds on the caller's clock, which starts at zero when
the caller connects.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import numpy as np
from livekit import rtc

from clock import SystemClock
from local.caller.audio_receiver import AudioReceiver, HeardTrack
from local.caller.inbox import Inbox, Kind, Received
from local.caller.microphone import Microphone
from local.caller.tape import RATE_HZ, Samples
from local.caller.tasks import CallerTasks
from local.measure.lanes import Span, spans
from local.speech import CALLER, SpokenVoice, say_line
from local.within import within

_TICK_S = 0.01  # one frame: the loudness gate cannot change more often
_CONNECT_LIMIT_S = 10.0
_LEAVE_LIMIT_S = 5.0


class Caller:
    """Created by `join`. What it heard and received stays readable after it has left."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._zero_s = self._loop.time()
        self._tasks = CallerTasks()
        self._room = rtc.Room()
        self._receiver = AudioReceiver(self._room, self._tasks, self._now_s)
        self._inbox = Inbox(self._room, self._tasks, self._now_s)
        self._microphone = Microphone(self._now_s)
        self._gone = asyncio.Event()
        self._why_gone = ""
        self.back_ms: int | None = None
        """When the client last reconnected to the server. None: it never lost the connection."""
        self._room.on("disconnected", self._on_gone)
        self._room.on("reconnected", self._on_reconnected)

    @classmethod
    @asynccontextmanager
    async def join(cls, url: str, token: str) -> AsyncIterator[Caller]:
        """Stay in the room, microphone open, until the block ends. Raises: rtc.ConnectError, TimeoutError."""
        caller = cls()
        async with AsyncExitStack() as stack:
            stack.push_async_callback(caller._tasks.close)
            stack.push_async_callback(caller.hang_up)
            async with asyncio.timeout(_CONNECT_LIMIT_S):
                await connected(caller._room, url, token)
                caller._zero_s = caller._loop.time()
                caller._inbox.connected()
                await caller._microphone.publish(caller._room)
            caller._tasks.start(caller._microphone.pump(), name="microphone")
            yield caller

    # --- speaking

    async def say(self, *parts: str, pause_s: float = 0.4, voice: SpokenVoice = CALLER) -> Span:
        """Say a line in parts, with silence between them. Returns when it ends. Raises: ConnectionError."""
        line = await asyncio.to_thread(say_line, parts, voice, pause_s=pause_s, sample_rate=RATE_HZ)
        return await self.play(line.samples)

    async def play(self, samples: Samples) -> Span:
        """Play int16 mono samples at RATE_HZ. Once the last one was sent, return when they sounded.

        Raises: ConnectionError, if the caller leaves first.
        """
        end_s = await self._microphone.play(samples)
        return Span(round((end_s - len(samples) / RATE_HZ) * 1000), round(end_s * 1000))

    def surround_with(self, noise: Samples | None) -> None:
        """Play noise (int16 mono, RATE_HZ) around the caller from now on. `said` returns audio without it."""
        self._microphone.surround_with(noise)

    @property
    def others(self) -> Sequence[str]:
        """The identities of the other participants in the room, latest last."""
        return tuple(self._room.remote_participants)

    async def request(self, identity: str, method: str, payload: str) -> str:
        """Send an RPC to another participant, and return its answer. Raises: rtc.RpcError."""
        return await self._room.local_participant.perform_rpc(
            destination_identity=identity, method=method, payload=payload
        )

    async def send(self, topic: str) -> None:
        """Send one byte to the others; it may be lost. Raises: rtc.participant.PublishDataError."""
        await self._room.local_participant.publish_data(b"1", reliable=False, topic=topic)

    def mute(self) -> None:
        """Mute the microphone. The others see that it is muted, and receive no audio from it."""
        self._microphone.mute()

    async def hang_up(self) -> None:
        """Leave the room. Idempotent."""
        self._inbox.snapshot()
        self._receiver.close()
        with suppress(TimeoutError):  # an unresponsive server has dropped us anyway
            async with asyncio.timeout(_LEAVE_LIMIT_S):
                await self._room.disconnect()

    # --- waiting

    @property
    def now_ms(self) -> int:
        return round(self._now_s() * 1000)

    @property
    def zero_at(self) -> int:
        """The zero of the caller's clock, in milliseconds UTC."""
        return SystemClock().now_ms() - self.now_ms

    async def hears(
        self,
        identity: str | None = None,
        *,
        other_than: Collection[str] = (),
        since_ms: int | None = None,
        limit_s: float,
    ) -> str:
        """Wait for an agent's voice (not music) after `since_ms` (default: now), and return its identity.

        Raises: TimeoutError, after `limit_s`; ConnectionError, if the call ends first.
        """
        since_s = self._now_s() if since_ms is None else since_ms / 1000
        before: Sequence[str] = ()  # voices a tick ago: a sound may turn out to be the next track's
        async with within(limit_s, "a voice"):
            while True:
                heard = [
                    track.identity
                    for track in self._voices(identity)
                    if track.identity not in other_than and (track.loud_s or -1.0) >= since_s
                ]
                if sure := [who for who in before if who in heard]:
                    return sure[0]
                before = heard
                await self._tick()

    async def hears_out(self, identity: str | None = None, *, pause_s: float = 0.6, limit_s: float) -> None:
        """Wait until no agent's voice has sounded for `pause_s`. Returns at once if none sounds.

        Raises: TimeoutError, after `limit_s`; ConnectionError, if the call ends first.
        """
        async with within(limit_s, "the end of what a voice says"):
            while any(
                track.loud_s is not None and self._now_s() - track.loud_s < pause_s
                for track in self._voices(identity)
            ):
                await self._tick()

    async def receives(self, kind: Kind, *, limit_s: float) -> Received:
        """Return the first message of this kind, waiting for it if none was received yet.

        Raises: TimeoutError, after `limit_s`; ConnectionError, if the call ends first.
        """
        async with within(limit_s, f"a message: {kind}"):
            while True:
                for item in self.received:
                    if item.kind == kind:
                        return item
                await self._tick()

    async def is_hung_up_on(self, *, limit_s: float) -> None:
        """Wait until the server disconnects the caller. Raises: TimeoutError."""
        async with within(limit_s, "the end of the call"):
            await self._gone.wait()

    # --- what was heard and received

    def speakers(self) -> Sequence[str]:
        """Identities of the voices heard, in the order of their first sound."""
        heard = [track for track in self._voices(None) if track.first_loud_s is not None]
        return tuple(dict.fromkeys(t.identity for t in sorted(heard, key=lambda t: t.first_loud_s or 0)))

    @property
    def tracks(self) -> Sequence[HeardTrack]:
        return self._receiver.tracks

    @property
    def received(self) -> Sequence[Received]:
        """Everything but audio that this client received."""
        return self._inbox.received

    def said(self) -> Samples:
        """Return what the microphone sent, from time zero."""
        return self._microphone.tape.laid_out()

    def audio(self, identity: str | None = None, *, music: bool = False) -> Samples:
        """Return what was heard of one participant (or all) from time zero: voices, or the music."""
        heard = [
            track.tape.laid_out()
            for track in self._receiver.tracks
            if track.is_music == music and identity in {None, track.identity}
        ]
        return mix(heard)

    def sounds(self, identity: str | None = None, *, music: bool = False) -> Sequence[Span]:
        """Return when that audio sounded."""
        return spans(self.audio(identity, music=music), RATE_HZ)

    def said_sounds(self) -> Sequence[Span]:
        """Return when the caller sounded."""
        return spans(self.said(), RATE_HZ)

    def _voices(self, identity: str | None) -> Sequence[HeardTrack]:
        return [t for t in self._receiver.tracks if not t.is_music and identity in {None, t.identity}]

    def _on_gone(self, reason: rtc.DisconnectReason.ValueType) -> None:
        self._why_gone = rtc.DisconnectReason.Name(reason)
        self._gone.set()

    def _on_reconnected(self) -> None:
        self.back_ms = self.now_ms

    async def _tick(self) -> None:
        if self._gone.is_set():
            raise ConnectionError(f"the call is over: {self._why_gone}")
        await asyncio.sleep(_TICK_S)

    def _now_s(self) -> float:
        return self._loop.time() - self._zero_s


async def connected(room: rtc.Room, url: str, token: str) -> None:
    """Connect. If cancelled, finish connecting first, so that the caller can leave. Raises: rtc.ConnectError.

    LiveKit's SDK ends the whole process 15 s after an interrupted connect
    (github.com/livekit/python-sdks/issues/784).
    """
    connecting = asyncio.ensure_future(room.connect(url, token))
    try:
        await asyncio.shield(connecting)
    except asyncio.CancelledError:
        with suppress(TimeoutError, rtc.ConnectError):
            async with asyncio.timeout(_LEAVE_LIMIT_S):
                await connecting
        raise


def mix(lanes: Sequence[Samples]) -> Samples:
    """Sum lanes of any lengths, clipped to int16."""
    total = np.zeros(max((len(lane) for lane in lanes), default=0), np.int32)
    for lane in lanes:
        total[: len(lane)] += lane
    return np.clip(total, np.iinfo(np.int16).min, np.iinfo(np.int16).max).astype(np.int16)
