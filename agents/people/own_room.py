"""The room in which a person at a desk is alone with the proxy: what they hear, see and ask for there."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterable, Callable
from contextlib import suppress

from livekit import api, rtc
from livekit.agents import APIError, tts

from agents.audio.prepared_audio import render_prompt
from agents.audio.voice_track import voice_options
from agents.people.copier import RATE, voice_source
from errors import LineFailed
from persistence.people import OfferId
from settings import LiveKitSettings
from tasks import BackgroundTasks
from transfer.desk_protocol import (
    DESK_ACT,
    DESK_TOPIC,
    DeskAct,
    DeskBrief,
    DeskSituation,
    DeskWords,
    person_in,
    room_of,
)
from transfer.livekit.joining import join
from transfer.livekit.rpc import read, refused
from transfer.protocol import agent_identity

log = logging.getLogger(__name__)

JOIN_LIMIT_S = 5.0
BACK_WITHIN_S = 6.0
"""A reloaded page needs 2 s. A handoff needs 3 s more, so the caller is with somebody within 10 s."""
_SEND_LIMIT_S = 2.0
_TAKEN_LIMIT_S = 0.5
_READ_LIMIT_S = 1.0
_AGAIN_S = 1.0

Shown = DeskBrief | DeskSituation | DeskWords


class PersonsRoom:
    """The room for one accepted offer. The proxy is in it as an agent, and obeys only the offer's person."""

    def __init__(self, access: LiveKitSettings, offer: OfferId, job: str) -> None:
        self._access, self._offer = access, offer
        self._identity = agent_identity(job)
        self.room = rtc.Room()
        self.person = person_in(offer)
        self.source = voice_source()
        """What the person hears."""
        self.act: Callable[[DeskAct], None] = _refuse
        """Called with each of the person's acts; raises RpcError for one that does not fit now."""
        self.here, self.away = asyncio.Event(), asyncio.Event()
        """Whether the person is in the room, and heard from; one of the two is set once we have joined."""
        self._said: list[DeskWords] = []
        self._brief: DeskBrief | None = None
        self._now: DeskSituation | None = None
        self._over = False
        self._behind = asyncio.Event()
        """Set while the page may lack something that could not be sent."""
        self._sending = BackgroundTasks()
        self._in_order = asyncio.Lock()

    async def join(self, *, limit_s: float = JOIN_LIMIT_S) -> None:
        """Join the room and publish what the person hears. Raises: LineFailed."""
        self.room.on("participant_connected", self._on_connected)
        self.room.on("participant_disconnected", self._on_disconnected)
        self.room.on("disconnected", self._on_out)
        try:
            async with asyncio.timeout(limit_s):
                await join(self.room, self._access.url, self._token())
                self.room.local_participant.register_rpc_method(DESK_ACT, self._on_act)
                track = rtc.LocalAudioTrack.create_audio_track("caller", self.source)
                await self.room.local_participant.publish_track(track, voice_options())
        except (TimeoutError, rtc.ConnectError, rtc.participant.PublishTrackError) as error:
            raise LineFailed("the person's room could not be joined") from error
        self._sending.start(self._catch_up(), name="show the desk what was lost")
        present = self.room.remote_participants.get(self.person)
        (self.is_away if present is None else self.is_here)()

    async def comes_within(self, limit_s: float) -> bool:
        """Whether the person is here, or arrives within `limit_s` seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                return await self.here.wait()
        return False

    async def left_for_good(self) -> None:
        """Return once the person is away and has not come back in time, as after a reload of their page."""
        while True:
            await self.away.wait()
            if not await self.comes_within(BACK_WITHIN_S):
                return

    async def play(self, frames: AsyncIterable[rtc.AudioFrame]) -> None:
        """Play these frames to the person only. If cancelled, stop at once: other frames may follow."""
        resampler: rtc.AudioResampler | None = None
        try:
            async for frame in frames:
                if frame.sample_rate == RATE:
                    await self._capture(frame)
                    continue
                resampler = resampler or rtc.AudioResampler(frame.sample_rate, RATE)
                for part in resampler.push(frame):
                    await self._capture(part)
            await self.source.wait_for_playout()
        except asyncio.CancelledError:
            self.source.clear_queue()
            raise

    async def _capture(self, frame: rtc.AudioFrame) -> None:
        """Capture a frame, and wait for it if cancelled: until it has room, the source refuses the next."""
        capturing = asyncio.ensure_future(self.source.capture_frame(frame))
        try:
            await asyncio.shield(capturing)
        except asyncio.CancelledError:
            self.source.clear_queue()
            await asyncio.wait({capturing}, timeout=_TAKEN_LIMIT_S)
            capturing.cancel()
            raise

    async def whisper(self, voice: tts.TTS[str] | None, words: str) -> None:
        """Speak to the person only. Without a voice, they only read it on the screen."""
        if voice is None or not words:
            return
        try:
            await self.play((await render_prompt(voice, words)).play())
        except (APIError, RuntimeError) as error:
            log.warning("the brief was not spoken", extra={"error": type(error).__name__})

    def show(self, message: Shown) -> None:
        """Show a message on the person's page, in the order in which `show` is called.

        A page that opens later, or again, asks for all messages. After a failure, all are sent again.
        """
        if self._over:
            return
        if isinstance(message, DeskBrief):
            self._brief = message
        elif isinstance(message, DeskWords):
            self._said.append(message)
        elif isinstance(message, DeskSituation):
            self._now = message
        self._sending.start(self._show(message), name="show the desk")

    async def leave(self, why: str = "") -> None:
        """Tell the page that the talk is over, and leave; nothing is shown after that. Never raises."""
        self._over = True
        async with self._in_order:
            await self._send(DeskSituation(now="over", why=why))
        await self._sending.cancel()
        if self.room.isconnected():  # the page leaves once it has read this; if we left first, it might not
            with suppress(TimeoutError):
                async with asyncio.timeout(_READ_LIMIT_S):
                    await self.away.wait()
        with suppress(TimeoutError):
            async with asyncio.timeout(_SEND_LIMIT_S):
                await self.room.disconnect()

    async def _show(self, message: Shown) -> None:
        async with self._in_order:
            if not self._behind.is_set() and not await self._send(message):
                self._behind.set()

    async def _show_all(self) -> None:
        """Send everything, the brief first: a page starts over with it."""
        async with self._in_order:
            self._behind.clear()
            for message in (self._brief, *self._said, self._now):
                if message is not None and not await self._send(message):
                    self._behind.set()
                    return

    async def _catch_up(self) -> None:
        while True:
            await self._behind.wait()
            await asyncio.sleep(_AGAIN_S)
            await self._show_all()

    async def _send(self, message: Shown) -> bool:
        """Send a message, and return whether it was sent, as far as we know."""
        if not self.room.isconnected():
            return False
        try:
            async with asyncio.timeout(_SEND_LIMIT_S):
                await self.room.local_participant.send_text(
                    message.model_dump_json(), destination_identities=[self.person], topic=DESK_TOPIC
                )
        except (TimeoutError, RuntimeError, rtc.StreamError) as error:
            log.info("the person's page was not told", extra={"error": type(error).__name__})
            return False
        return True

    async def _on_act(self, data: rtc.RpcInvocationData) -> str:
        if data.caller_identity != self.person:
            raise refused("not the person of this offer")
        act = read(DeskAct, data.payload)
        if act.act == "look":
            self._sending.start(self._show_all(), name="show the desk")
        else:
            self.act(act)
        return ""

    def _on_connected(self, participant: rtc.RemoteParticipant) -> None:
        if participant.identity == self.person:
            self.is_here()

    def _on_disconnected(self, participant: rtc.RemoteParticipant) -> None:
        if participant.identity == self.person:
            self.is_away()

    def _on_out(self, _: object) -> None:
        """Handle our loss of the room: the person does not hear the caller either."""
        self.is_away()

    def is_here(self) -> None:
        """Note that the person hears the caller."""
        self.away.clear()
        self.here.set()

    def is_away(self) -> None:
        """Note that the person does not hear the caller."""
        self.here.clear()
        self.away.set()

    def _token(self) -> str:
        grants = api.VideoGrants(room_join=True, room=room_of(self._offer), can_update_own_metadata=False)
        token = api.AccessToken(self._access.api_key, self._access.api_secret.get_secret_value())
        return token.with_identity(self._identity).with_kind("agent").with_grants(grants).to_jwt()


def _refuse(_: DeskAct) -> None:
    raise refused("not now")
