"""A supervisor's voice: copied to those who may hear it, and to nobody else; and written down."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from livekit import rtc

from agents.people.copier import Copier, voice_source
from agents.people.person_words import PersonWords
from agents.supervision.supervisors_room import SupervisorsRoom
from tasks import BackgroundTasks
from transfer.supervision import SUPERVISOR_TRACK

log = logging.getLogger(__name__)

_LIMIT_S = 3.0


@dataclass(frozen=True, slots=True)
class Heard:
    """Who hears a supervisor now."""

    person: bool = False  # who is at a desk
    model: bool = False  # which takes it as notes
    caller: bool = False  # and then it is in the transcript


class SupervisorVoice:
    """Made for one supervisor in one holder. `heard` is asked at every frame.

    A whisper has no track in the caller's room: there is one once the caller may hear the supervisor.
    """

    def __init__(
        self,
        own_room: SupervisorsRoom,
        *,
        heard: Callable[[], Heard],
        callers_room: rtc.Room,
        whispers: PersonWords,
        says: PersonWords,
    ) -> None:
        """`whispers`: what a model is told. `says`: what the caller hears."""
        self._heard, self._callers_room = heard, callers_room
        self._whispers, self._says = whispers, says
        self._tasks = BackgroundTasks()
        self._to_caller = _Copy(own_room, is_open=lambda: heard().caller, hear=self._hear)
        self._to_person = _Copy(own_room, is_open=lambda: heard().person)

    def start(self) -> None:
        """Copy and write down, until `stop`."""
        for words in (self._whispers, self._says):
            self._tasks.start(words.write_down(), name="a supervisor's words")
        for copy in (self._to_caller, self._to_person):
            self._tasks.start(copy.run(), name="copy a supervisor's voice")

    async def stop(self) -> None:
        """Never raises, and leaves no track behind."""
        await self._tasks.cancel()
        await asyncio.gather(self._to_caller.unpublish(), self._to_person.unpublish())

    async def publish(self, persons_room: rtc.Room | None) -> None:
        """Have a track wherever somebody may hear the supervisor now. One that fails is tried again."""
        heard = self._heard()
        if heard.caller:
            await self._to_caller.publish(self._callers_room)
        if heard.person and persons_room is not None:
            await self._to_person.publish(persons_room)

    def _hear(self, frame: rtc.AudioFrame) -> None:
        """Each gets silence in place of what is not for it, so that a sentence begun before ends there."""
        heard, silence = self._heard(), silence_like(frame)
        self._whispers.hear(frame if heard.model else silence)
        self._says.hear(frame if heard.caller else silence)


class _Copy:
    """A supervisor's voice as a track of one other room."""

    def __init__(
        self,
        own_room: SupervisorsRoom,
        *,
        is_open: Callable[[], bool],
        hear: Callable[[rtc.AudioFrame], None] | None = None,
    ) -> None:
        self._source = voice_source()
        self._copier = Copier(own_room.room, own_room.identity, self._source, is_open=is_open, hear=hear)
        self._published: tuple[rtc.LocalParticipant, str] | None = None

    async def run(self) -> None:
        await self._copier.run()

    async def publish(self, room: rtc.Room) -> None:
        """Once; a room that does not take it is only logged."""
        if self._published is not None:
            return
        track = rtc.LocalAudioTrack.create_audio_track(SUPERVISOR_TRACK, self._source)
        try:
            async with asyncio.timeout(_LIMIT_S):
                publication = await room.local_participant.publish_track(track)
            self._published = (room.local_participant, publication.sid)
        except (TimeoutError, rtc.participant.PublishTrackError) as error:
            log.warning("a supervisor is not heard", extra={"error": type(error).__name__})

    async def unpublish(self) -> None:
        """Never raises: the room may be gone."""
        if self._published is None:
            return
        (participant, sid), self._published = self._published, None
        try:
            async with asyncio.timeout(_LIMIT_S):
                await participant.unpublish_track(sid)
        except (TimeoutError, rtc.participant.UnpublishTrackError) as error:
            log.info("a supervisor's track was not taken away", extra={"error": type(error).__name__})


def silence_like(frame: rtc.AudioFrame) -> rtc.AudioFrame:
    return rtc.AudioFrame(
        bytes(2 * frame.num_channels * frame.samples_per_channel),
        frame.sample_rate,
        frame.num_channels,
        frame.samples_per_channel,
    )
