"""A second person in a talk: bridged to the caller like the first, and also to the first."""

from __future__ import annotations

import asyncio

from agents.people.copied_track import CopiedTrack
from agents.people.talk import PersonTalk
from tasks import BackgroundTasks

_TRACK = "colleague"


class SecondTalk:
    """`talk`: the second person's. The two persons hear each other from `connect` on.

    While they and the caller are `apart`, as on hold, they are alone with each other.
    """

    def __init__(self, talk: PersonTalk) -> None:
        self.talk = talk
        talk.leads = False
        self.connected = False
        self._copies: list[CopiedTrack] = []
        self._tasks = BackgroundTasks()

    async def connect(self, first: PersonTalk) -> None:
        """They and the first person hear each other, and the caller."""
        for speaks, hears in ((self.talk, first), (first, self.talk)):
            copy = CopiedTrack(speaks.room.room, speaks.room.person, _TRACK, is_open=lambda: self.connected)
            self._copies.append(copy)
            await copy.publish(hears.room.room)
            self._tasks.start(copy.run(), name="person to person")
        self.connected = True
        self.talk.connect()

    async def alone(self) -> PersonTalk:
        """The first person leaves: the talk goes on with this one, who has the caller."""
        await self._part()
        self.talk.leads = True
        return self.talk

    async def end(self, why: str) -> None:
        """This one leaves. Never raises."""
        self.connected = False
        await self.talk.end(why)  # their page hears of it at once; the tracks are silent already
        await asyncio.gather(self.talk.unpublish(), self._part())

    async def _part(self) -> None:
        self.connected = False
        await self._tasks.cancel()
        await asyncio.gather(*(copy.unpublish() for copy in self._copies))
