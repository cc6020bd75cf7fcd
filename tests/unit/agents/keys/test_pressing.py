"""Keys are pressed in order and for one telephone only, and no message repeats them."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest
from livekit import rtc

from agents.keys.press_tool import NOT_CALLED, press_tool
from agents.keys.pressing import KEY_S, MOST_KEYS, NotPressed, press_keys
from agents.roster.roster import load_roster
from agents.tools.own_tool import NotDone, Use
from tests.unit.agents.roster.test_roster import ROSTER, VOICES
from transfer.livekit.kinds import RULE

pytestmark = pytest.mark.looptime

SIP, BROWSER = rtc.ParticipantKind.PARTICIPANT_KIND_SIP, rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD
WORDS = load_roster(ROSTER, voices=VOICES).house.tools
CALLED, CAME = {"sip.callStatus": "active"}, {"sip.callStatus": "active", RULE: "SDR_1"}


class Room:
    """`pressed`: each key, its code and its time. All participants leave after `hangs_up_after` keys."""

    def __init__(self, **participants: tuple[Any, dict[str, str]]) -> None:
        self.remote_participants = {
            name: SimpleNamespace(identity=name, kind=kind, attributes=attributes)
            for name, (kind, attributes) in participants.items()
        }
        self.local_participant = SimpleNamespace(publish_dtmf=self._publish)
        self.pressed: list[tuple[str, int, float]] = []
        self.hangs_up_after = MOST_KEYS
        self.broken = False

    async def _publish(self, *, code: int, digit: str) -> None:
        if self.broken:
            raise rtc.participant.PublishDTMFError("no")
        self.pressed.append((digit, code, asyncio.get_running_loop().time()))
        if len(self.pressed) == self.hangs_up_after:
            self.remote_participants.clear()

    @property
    def real(self) -> rtc.Room:
        return cast(rtc.Room, self)


async def test_keys_are_pressed_in_order_with_their_pauses() -> None:
    room = Room(phone=(SIP, CALLED))
    await press_keys(room.real, "phone", "1wW#")
    assert [(key, code) for key, code, _ in room.pressed] == [("1", 1), ("#", 11)]
    (_, _, first), (_, _, second) = room.pressed
    assert second - first == pytest.approx(KEY_S + 1.5)


@pytest.mark.parametrize(
    ("there", "why"),
    [
        ({}, "no such telephone"),
        ({"phone": (BROWSER, {})}, "no such telephone"),
        ({"phone": (SIP, CALLED), "other": (SIP, CALLED)}, "another telephone"),
    ],
)
async def test_nothing_is_pressed_but_for_the_one_telephone_of_a_room(there: Any, why: str) -> None:
    room = Room(**there)
    with pytest.raises(NotPressed, match=why):
        await press_keys(room.real, "phone", "123")
    assert not room.pressed


@pytest.mark.parametrize("keys", ["", "12a", "1 2", "+49", "1" * (MOST_KEYS + 1)])
async def test_what_are_no_keys_is_refused_and_not_repeated(keys: str) -> None:
    room = Room(phone=(SIP, CALLED))
    with pytest.raises(NotPressed) as refused:
        await press_keys(room.real, "phone", keys)
    assert not room.pressed
    assert not keys or keys not in str(refused.value)


async def test_who_hangs_up_meanwhile_gets_no_more_and_it_is_told_how_many_were_sent() -> None:
    room = Room(phone=(SIP, CALLED))
    room.hangs_up_after = 2
    with pytest.raises(NotPressed, match="2 of 4 were sent"):
        await press_keys(room.real, "phone", "9876")
    assert len(room.pressed) == 2


async def test_a_key_that_livekit_does_not_take_is_told() -> None:
    room = Room(phone=(SIP, CALLED))
    room.broken = True
    with pytest.raises(NotPressed, match="did not take"):
        await press_keys(room.real, "phone", "1")


async def test_a_model_presses_keys_for_whom_we_called_and_for_no_caller_of_ours() -> None:
    use = cast(Use, None)
    called = Room(phone=(SIP, CALLED))
    tool = press_tool(WORDS, called.real, "phone")
    await tool.work({"keys": "4711"}, use)
    assert len(called.pressed) == 4
    assert "4711" not in str(tool.masked({"keys": "4711"}))
    came = Room(phone=(SIP, CAME))
    with pytest.raises(NotDone, match=NOT_CALLED):
        await press_tool(WORDS, came.real, "phone").work({"keys": "1"}, use)
    with pytest.raises(NotDone, match="these are no keys"):
        await tool.work({"keys": "press one"}, use)
    assert not came.pressed
