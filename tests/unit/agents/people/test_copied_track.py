"""When a copied voice becomes a track of the other room."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from livekit import rtc

from agents.people.copied_track import CopiedTrack


class PersonsRoom(rtc.Room):
    """A real room that counts as joined once `joined` is called."""

    def __init__(self) -> None:
        super().__init__()
        self.published: list[rtc.LocalAudioTrack] = []
        self._joined = False

    def joined(self) -> None:
        self._joined = True

    def isconnected(self) -> bool:
        return self._joined

    @property
    def local_participant(self) -> rtc.LocalParticipant:
        return cast(rtc.LocalParticipant, self) if self._joined else super().local_participant

    async def publish_track(self, track: rtc.LocalAudioTrack, options: rtc.TrackPublishOptions) -> Any:
        self.published.append(track)
        return SimpleNamespace(sid="TR_1")


async def test_a_room_that_is_not_joined_yet_gets_the_track_once_it_is_and_only_once() -> None:
    """As when an agent that replaces a killed one has the supervisor's voice before the person's room."""
    room = PersonsRoom()
    voice = CopiedTrack(rtc.Room(), "supervisor", "supervisor", is_open=lambda: True)

    await voice.publish(room)
    assert room.published == []

    room.joined()
    await voice.publish(room)
    await voice.publish(room)
    assert len(room.published) == 1
