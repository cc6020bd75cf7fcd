"""A second person in a talk: bridged to the caller like the first, and also to the first."""

from __future__ import annotations

import asyncio

from agents.people.copied_track import CopiedTrack
from agents.people.talk import PersonTalk
from tasks import BackgroundTasks

_TRACK = "colleague"


class SecondTalk:
    """Bridges the second person, whose talk is `talk`. Both persons hear each other from `connect` on.

    While they are `apart` from the caller, as on hold, they hear only each other.
    """

    def __init__(self, talk: PersonTalk) -> None:
        self.talk = talk
        talk.leads = False
        self.connected = False
        self._copies: list[CopiedTrack] = []
        self._tasks = BackgroundTasks()

    async def connect(self, first: PersonTalk) -> None:
        """Let the second and the first person hear each other, and the caller."""
        for speaks, hears in ((self.talk, first), (first, self.talk)):
            copy = CopiedTrack(speaks.room.room, speaks.room.person, _TRACK, is_open=lambda: self.connected)
            self._copies.append(copy)
            await copy.publish(hears.room.room)
            self._tasks.start(copy.run(), name="person to person")
        self.connected = True
        self.talk.connect()

    async def alone(self) -> PersonTalk:
        """Continue without the first person: return the talk of the second, who now has the caller."""
        await self._part()
        self.talk.leads = True
        return self.talk

    async def end(self, why: str) -> None:
        """End the second person's part. Never raises."""
        self.connected = False
        await self.talk.end(why)  # their page learns of it at once; the tracks are silent already
        await asyncio.gather(self.talk.unpublish(), self._part())

    async def _part(self) -> None:
        self.connected = False
        await self._tasks.cancel()
        await asyncio.gather(*(copy.unpublish() for copy in self._copies))
