"""A supervisor's voice: copied only to those who may hear it, and transcribed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from livekit import rtc

from agents.people.copied_track import CopiedTrack
from agents.people.person_words import PersonWords
from agents.supervision.supervisors_room import SupervisorsRoom
from tasks import BackgroundTasks
from transfer.supervision import SUPERVISOR_TRACK


@dataclass(frozen=True, slots=True)
class Heard:
    """Who hears a supervisor now."""

    person: bool = False  # at a desk
    model: bool = False  # takes it as notes
    caller: bool = False  # then the transcript has it too


class SupervisorVoice:
    """One supervisor's voice in one holder. `heard` is called for every frame.

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
        """`whispers`: what a model gets as a note. `says`: what the caller hears."""
        self._heard, self._callers_room = heard, callers_room
        self._whispers, self._says = whispers, says
        self._tasks = BackgroundTasks()
        voice = partial(CopiedTrack, own_room.room, own_room.identity, SUPERVISOR_TRACK)
        self._to_caller = voice(is_open=lambda: heard().caller, hear=self._hear)
        self._to_person = voice(is_open=lambda: heard().person)
        self._to_second = voice(is_open=lambda: heard().caller and heard().person)
        self._copies = (self._to_caller, self._to_person, self._to_second)

    def start(self) -> None:
        """Copy and write down, until `stop`."""
        for words in (self._whispers, self._says):
            self._tasks.start(words.write_down(), name="a supervisor's words")
        for copy in self._copies:
            self._tasks.start(copy.run(), name="copy a supervisor's voice")

    async def stop(self) -> None:
        """Stop, and leave no track behind. Never raises."""
        await self._tasks.cancel()
        await asyncio.gather(*(copy.unpublish() for copy in self._copies))

    async def publish(self, persons_room: rtc.Room | None, seconds_room: rtc.Room | None = None) -> None:
        """Publish a track wherever somebody may hear the supervisor now. The next call retries a failure.

        A second person in the talk hears them when the caller does.
        """
        heard = self._heard()
        if heard.caller:
            await self._to_caller.publish(self._callers_room)
        if heard.person and persons_room is not None:
            await self._to_person.publish(persons_room)
        if heard.caller and seconds_room is not None:
            await self._to_second.publish(seconds_room)
        if seconds_room is None:
            await self._to_second.unpublish()

    def _hear(self, frame: rtc.AudioFrame) -> None:
        """Give each transcript the frame, or silence if it must not hear it: that ends an open sentence."""
        heard, silence = self._heard(), silence_like(frame)
        self._whispers.hear(frame if heard.model else silence)
        self._says.hear(frame if heard.caller else silence)


def silence_like(frame: rtc.AudioFrame) -> rtc.AudioFrame:
    return rtc.AudioFrame(
        bytes(2 * frame.num_channels * frame.samples_per_channel),
        frame.sample_rate,
        frame.num_channels,
        frame.samples_per_channel,
    )
