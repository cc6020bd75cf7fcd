"""A person's talk with a caller: the bridge between their two rooms, and the person's commands."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from livekit import rtc
from livekit.agents import tts

from agents.audio.voice_track import voice_options
from agents.people.arrival import Arrival
from agents.people.copied_track import take_away
from agents.people.copier import Copier, voice_source
from agents.people.own_room import PersonsRoom, Shown
from agents.people.person_words import PersonWords
from persistence.people import Offer
from persistence.records import RoleName
from tasks import BackgroundTasks
from transfer.desk_protocol import DeskAct
from transfer.livekit.rpc import refused


class PersonTalk:
    """The talk of one accepted offer. Nothing is copied before `connect`, or while `apart` returns true.

    `back_to`: the role that handed the caller over. `introduced_by`: the agent in the caller's room whose
    introduction the person hears with the caller; empty: no introduction is expected.
    """

    def __init__(
        self,
        offer: Offer,
        own_room: PersonsRoom,
        callers_room: rtc.Room,
        caller: str,
        *,
        back_to: RoleName,
        words: Callable[[], PersonWords],
        introduced_by: str = "",
    ) -> None:
        self.offer, self.room, self.back_to = offer, own_room, back_to
        self._callers_room = callers_room
        self.leads = True
        """Whether this person has the caller. If not, another person has, and asked this one in."""
        self._connected = self._introduced = False
        self._published: rtc.LocalTrackPublication | None = None
        self._acts: asyncio.Queue[DeskAct] = asyncio.Queue()
        self._tasks = BackgroundTasks()
        self._words = words()
        self._voice = voice_source()
        self.apart: Callable[[], bool] = lambda: False
        self._to_person = Copier(callers_room, caller, own_room.source, is_open=self._is_open)
        self._to_caller = Copier(
            own_room.room, own_room.person, self._voice, is_open=self._is_open, hear=self._hear
        )
        self._introduction = Copier(
            callers_room,
            introduced_by,
            own_room.source,
            is_open=lambda: self._introduced and not self._connected,
            voice_alone=True,
        )
        self._arrival = Arrival(own_room.room, own_room.person, lost=own_room.is_away, back=own_room.is_here)
        own_room.act = self._take_act

    async def publish(self) -> None:
        """Publish the track on which the caller will hear the person: silent until `connect`."""
        track = rtc.LocalAudioTrack.create_audio_track("person", self._voice)
        options = voice_options(rtc.TrackSource.SOURCE_UNKNOWN)
        self._published = await self._callers_room.local_participant.publish_track(track, options)

    async def unpublish(self) -> None:
        """Take this person's voice out of the caller's room. Never raises."""
        published, self._published = self._published, None
        if published is not None:
            await take_away(self._callers_room.local_participant, published.sid)

    def start(self) -> None:
        self._tasks.start(self._to_person.run(), name="caller to person")
        self._tasks.start(self._to_caller.run(), name="person to caller")
        self._tasks.start(self._introduction.run(), name="introduction to person")
        self._tasks.start(self._words.write_down(), name="the person's words")
        self._tasks.start(self._arrival.watch(), name="whether the person's voice arrives")

    def introduce(self) -> None:
        """Let the person hear their introduction to the caller, until `connect`."""
        self._introduced = True

    def connect(self) -> None:
        """Let person and caller hear each other from now on."""
        self._connected = True

    async def first_sound(self) -> None:
        """Wait until the caller is sent the person's first sound."""
        await self._to_caller.first_sound.wait()

    def show(self, message: Shown) -> None:
        self.room.show(message)

    async def next_act(self) -> DeskAct:
        return await self._acts.get()

    async def decision(self, voice: tts.TTS[str] | None, words: str) -> DeskAct | None:
        """Whisper `words` until the person decides; return the decision. None: they are gone for good."""
        whispering = asyncio.create_task(self.room.whisper(voice, words), name="whisper")
        acting = asyncio.create_task(self.next_act(), name="the person's decision")
        gone = asyncio.create_task(self.room.left_for_good(), name="the person is gone")
        try:
            await asyncio.wait({acting, gone}, return_when=asyncio.FIRST_COMPLETED)
            return acting.result() if acting.done() else None
        finally:
            for task in (whispering, acting, gone):
                task.cancel()
            await asyncio.gather(whispering, return_exceptions=True)

    async def end(self, why: str) -> None:
        """End the person's part: stop copying, and tell their page. Never raises."""
        self._connected = self._introduced = False
        await self._tasks.cancel()
        await self.room.leave(why)

    def _is_open(self) -> bool:
        return self._connected and not self.apart()

    def _hear(self, frame: rtc.AudioFrame) -> None:
        if self._is_open():
            self._words.hear(frame)

    def _take_act(self, act: DeskAct) -> None:
        """Raises: RpcError, for an act that is not possible now."""
        before = act.act in {"put_through", "return"}
        if before == self._connected:
            raise refused("not now")
        if self._connected and not self.leads:
            raise refused("another person has the caller")
        self._acts.put_nowait(act)
