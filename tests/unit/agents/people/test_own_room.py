"""What a person hears in their own room, from a real audio source, and what their page shows."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest
from livekit import rtc
from pydantic import SecretStr

from agents.people import own_room
from agents.people.copier import RATE
from agents.people.own_room import PersonsRoom
from persistence.people import OfferId
from settings import LiveKitSettings
from transfer.desk_protocol import DeskAct, DeskBrief, DeskSituation, DeskWords

_FRAME = RATE // 50
_MORE_THAN_FITS = 16
"""Frames. A source takes a fifth of a second of sound, and then one more frame that waits for room."""
_TIMES = 5
_BRIEF = DeskBrief(matter="a bill", summary="They pay twice.", back_to="our front desk")
_NOWHERE = LiveKitSettings(url="ws://127.0.0.1:9", api_key="unused", api_secret=SecretStr(6 * "unused"))


async def test_a_whisper_that_is_cut_off_may_be_followed_by_another_at_once() -> None:
    """A key during the brief brings the question, whose first frame the source refused 5 times out of 6."""
    room = PersonsRoom(_NOWHERE, OfferId("offer"), "job")
    for _ in range(_TIMES):
        is_full = asyncio.Event()
        brief = asyncio.create_task(room.play(frames(is_full)))
        await is_full.wait()
        await asyncio.sleep(0)  # the brief's frame waits for room
        brief.cancel()
        await asyncio.wait({brief})
        await room.play(frames(asyncio.Event(), count=2))
        assert room.source.queued_duration == 0
    await room.source.aclose()


@pytest.mark.looptime
async def test_a_person_who_comes_back_in_time_has_not_left_for_good() -> None:
    room = PersonsRoom(_NOWHERE, OfferId("offer"), "job")
    gone = asyncio.create_task(room.left_for_good())
    for _ in range(_TIMES):
        room.is_away()
        await asyncio.sleep(own_room.BACK_WITHIN_S - 1)
        room.is_here()
        await asyncio.sleep(own_room.BACK_WITHIN_S)
    assert not gone.done()
    room.is_away()
    await gone


async def frames(is_full: asyncio.Event, *, count: int = 1_000) -> AsyncIterator[rtc.AudioFrame]:
    for number in range(count):
        if number == _MORE_THAN_FITS:
            is_full.set()
        yield rtc.AudioFrame(bytes(2 * _FRAME), RATE, 1, _FRAME)


class LossyRoom:
    """A room whose server loses the next `losses` messages: with an error, or silently if it `hangs`."""

    def __init__(self) -> None:
        self.shown: list[str] = []
        self.losses, self.tried, self.hangs = 0, 0, False
        self.remote_participants: dict[str, Any] = {}
        self.local_participant = SimpleNamespace(
            send_text=self._send_text, register_rpc_method=self._register, publish_track=self._publish
        )

    def on(self, *_: object) -> None: ...

    def isconnected(self) -> bool:
        return True

    async def disconnect(self) -> None: ...

    def _register(self, _: str, act: Any) -> None:
        self.asks = act

    async def _publish(self, *_: object) -> None: ...

    async def _send_text(self, text: str, *, destination_identities: list[str], topic: str) -> None:
        self.tried += 1
        if self.losses:
            self.losses -= 1
            if self.hangs:
                await asyncio.Event().wait()
            raise rtc.StreamError("lost")
        message = json.loads(text)
        self.shown.append(message.get("now") or message.get("words") or message["kind"])


@asynccontextmanager
async def at_page(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[PersonsRoom, LossyRoom]]:
    async def joined(*_: object) -> None: ...

    monkeypatch.setattr(own_room, "join", joined)
    room, page = PersonsRoom(_NOWHERE, OfferId("offer"), "job"), LossyRoom()
    room.room = cast(rtc.Room, page)
    await room.join()
    try:
        yield room, page
    finally:
        await room.leave()
        await room.source.aclose()


@pytest.mark.looptime
@pytest.mark.parametrize("hangs", [False, True])
async def test_a_page_that_was_not_told_twice_shows_all_of_it_in_the_end_and_each_line_once(
    monkeypatch: pytest.MonkeyPatch, *, hangs: bool
) -> None:
    async with at_page(monkeypatch) as (room, page):
        room.show(_BRIEF)
        room.show(DeskSituation(now="connecting"))
        await asyncio.sleep(0.1)
        page.losses, page.hangs = 2, hangs
        room.show(DeskSituation(now="talking"))
        await asyncio.sleep(0.1)
        room.show(DeskWords(speaker="", words="Hello?"))  # lost as well, and shown before "talking"
        await asyncio.sleep(10)
        assert page.shown == ["brief", "connecting", "brief", "Hello?", "talking"]
        room.show(DeskSituation(now="hold"))
        await asyncio.sleep(10)
        assert page.shown[-2:] == ["talking", "hold"], "once, as ever"


@pytest.mark.looptime
async def test_a_page_that_cannot_be_told_is_tried_once_a_second_until_the_room_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with at_page(monkeypatch) as (room, page):
        page.losses = 1_000
        for number in range(50):
            room.show(DeskWords(speaker="", words=f"line {number}"))
        with pytest.raises(rtc.RpcError):
            await page.asks(SimpleNamespace(caller_identity="somebody", payload=""))
        for _ in range(5):  # the page asks as well
            look = DeskAct(act="look").model_dump_json()
            await page.asks(SimpleNamespace(caller_identity=room.person, payload=look))
        await asyncio.sleep(10)
        assert 10 <= page.tried <= 20
        room.is_away()
        page.losses = 0
        await room.leave("the call is over")
        assert page.shown == ["over"]
        await asyncio.sleep(10)
        assert page.shown == ["over"], "nothing comes after that"
