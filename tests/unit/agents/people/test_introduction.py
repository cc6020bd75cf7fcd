"""Person and caller are named to each other: the sentence is ready before the caller is put through."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest
from livekit import rtc

from agents.people.copier import Copier, voice_source
from agents.people.introduction import introduction_of
from errors import StoreUnusable, VoiceFailed
from persistence.contract.people import PeopleStore
from persistence.people import EntryState
from persistence.records import CallId, RoleName

pytestmark = pytest.mark.looptime

CARE, BILLING = RoleName("care"), RoleName("billing")


class FakeStore:
    """Returns earlier entries of the call, raises an outage, then returns the entry that is waited for."""

    def __init__(self) -> None:
        self.told: list[Any] = [
            None,
            SimpleNamespace(role=BILLING, state=EntryState.TAKEN, person="Ben"),
            SimpleNamespace(role=CARE, state=EntryState.TAKEN, person="Ida", offer_id="ida"),
            SimpleNamespace(role=CARE, state=EntryState.OFFERED, person=None),
            StoreUnusable("locked"),
            SimpleNamespace(role=CARE, state=EntryState.TAKEN, person="Mia", offer_id="mia"),
        ]

    async def offer(self, offer_id: str) -> object:
        """Return the offer. Ida has the caller already, and hands over to a colleague."""
        return SimpleNamespace(connected_at=1 if offer_id == "ida" else None)

    async def entry_of(self, call_id: CallId) -> object:
        now = self.told.pop(0)
        if isinstance(now, Exception):
            raise now
        return now


async def introduced(*, voice_fails: bool = False) -> tuple[str, list[str]]:
    prepared: list[str] = []

    async def prepare(line: str) -> None:
        prepared.append(line)
        if voice_fails:
            raise VoiceFailed("Groq does not answer")

    said = await introduction_of(
        cast(PeopleStore, FakeStore()),
        CallId("call-1"),
        CARE,
        line=lambda person: f"I have {person} on the line.",
        prepare=prepare,
    )
    return said, prepared


async def test_whoever_takes_this_desks_call_is_named_in_a_line_that_is_ready() -> None:
    assert await introduced() == ("I have Mia on the line.", ["I have Mia on the line."])


async def test_a_line_that_cannot_be_spoken_names_nobody() -> None:
    assert await introduced(voice_fails=True) == ("", ["I have Mia on the line."])


async def test_of_the_desk_that_hands_over_the_person_hears_the_voice_and_not_the_music() -> None:
    listening: dict[str, Any] = {}
    room = SimpleNamespace(
        remote_participants={}, on=lambda _, heard: listening.update(heard=heard), off=lambda *_: None
    )
    copier = Copier(
        cast(rtc.Room, room), "agent-desk", voice_source(), is_open=lambda: True, voice_alone=True
    )
    desk = SimpleNamespace(identity="agent-desk")
    voice, music = (SimpleNamespace(kind=rtc.TrackKind.KIND_AUDIO) for _ in range(2))
    listening["heard"](voice, SimpleNamespace(source=rtc.TrackSource.SOURCE_MICROPHONE), desk)
    listening["heard"](music, SimpleNamespace(source=rtc.TrackSource.SOURCE_UNKNOWN), desk)
    copied: list[object] = []

    async def copy(track: object) -> None:
        copied.append(track)

    copier._copy = copy  # type: ignore[method-assign]
    running = asyncio.create_task(copier.run())
    await asyncio.sleep(1)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert copied == [voice]
