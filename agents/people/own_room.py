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
"""A reloaded page needs two. A handoff needs three more: the caller is with somebody in ten."""
_SEND_LIMIT_S = 2.0
_TAKEN_LIMIT_S = 0.5
_READ_LIMIT_S = 1.0
_AGAIN_S = 1.0

Shown = DeskBrief | DeskSituation | DeskWords


class PersonsRoom:
    """Made for one accepted offer. The proxy is in it as an agent, and obeys the offer's person alone."""

    def __init__(self, access: LiveKitSettings, offer: OfferId, job: str) -> None:
        self._access, self._offer = access, offer
        self._identity = agent_identity(job)
        self.room = rtc.Room()
        self.person = person_in(offer)
        self.source = voice_source()
        """What the person hears."""
        self.act: Callable[[DeskAct], None] = _refuse
        """What is done with the person's acts; it raises RpcError for one that does not fit now."""
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
        """Raises: LineFailed."""
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
        """Play these frames to the person only. Cancelled, it stops at once: others may follow."""
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
        """A source refuses a frame while the last one waits for room, even if nobody awaits that."""
        capturing = asyncio.ensure_future(self.source.capture_frame(frame))
        try:
            await asyncio.shield(capturing)
        except asyncio.CancelledError:
            self.source.clear_queue()
            await asyncio.wait({capturing}, timeout=_TAKEN_LIMIT_S)
            capturing.cancel()
            raise

    async def whisper(self, voice: tts.TTS[str] | None, words: str) -> None:
        """Speak to the person only. Without a voice, the screen says it."""
        if voice is None or not words:
            return
        try:
            await self.play((await render_prompt(voice, words)).play())
        except (APIError, RuntimeError) as error:
            log.warning("the brief was not spoken", extra={"error": type(error).__name__})

    def show(self, message: Shown) -> None:
        """Show it on the person's page, in the order of the calls.

        A page that comes later, or again, asks for all of it. One that could not be told gets it all again.
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
        """Tell the page that it is over, and leave; nothing is shown after that. Never raises."""
        self._over = True
        async with self._in_order:
            await self._send(DeskSituation(now="over", why=why))
        await self._sending.cancel()
        if self.room.isconnected():  # a page that has read it leaves; what is on its way is lost with us
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
        """The brief first: a page starts again with it."""
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
        """Whether it was sent, as far as we know."""
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
        """We have lost the room: they do not hear the caller either."""
        self.is_away()

    def is_here(self) -> None:
        """The person hears the caller."""
        self.away.clear()
        self.here.set()

    def is_away(self) -> None:
        """They do not."""
        self.here.clear()
        self.away.set()

    def _token(self) -> str:
        grants = api.VideoGrants(room_join=True, room=room_of(self._offer), can_update_own_metadata=False)
        token = api.AccessToken(self._access.api_key, self._access.api_secret.get_secret_value())
        return token.with_identity(self._identity).with_kind("agent").with_grants(grants).to_jwt()


def _refuse(_: DeskAct) -> None:
    raise refused("not now")
