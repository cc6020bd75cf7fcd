"""The keys of an operator's request come separately from its row, and are pressed once."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import cast

import pytest
from livekit import rtc

from agents.keys.pressing import NotPressed
from agents.monitors.operator_keys import OperatorKeys
from persistence.records import RequestId
from tests.support.operators_world import FakeRoom
from tests.unit.agents.keys.test_pressing import CALLED, SIP, Room
from transfer.keys_protocol import KEYS_TOPIC, PressKeys

pytestmark = pytest.mark.looptime

REQUEST = RequestId("request-1")
ASKED = PressKeys(request=REQUEST, leg="person", keys="12#").model_dump_json().encode()


class Wire(FakeRoom):
    def tells(self, data: bytes = ASKED, *, sender: object = None) -> None:
        packet = SimpleNamespace(topic=KEYS_TOPIC, participant=sender, data=data)
        for heard in self._heard:
            heard(cast(rtc.DataPacket, packet))


def keys_with(person: Room | None) -> tuple[Wire, OperatorKeys]:
    wire = Wire()
    legs = {"person": None if person is None else (person.real, "phone"), "caller": None}
    return wire, OperatorKeys(cast(rtc.Room, wire), lambda leg: legs[leg])


@pytest.mark.parametrize("first", ["keys", "row"])
async def test_keys_are_pressed_whether_they_or_the_row_come_first(first: str) -> None:
    phone = Room(phone=(SIP, CALLED))
    wire, keys = keys_with(phone)
    if first == "keys":
        wire.tells()
        await keys.press(REQUEST)
    else:
        pressing = asyncio.create_task(keys.press(REQUEST))
        await asyncio.sleep(1)
        wire.tells()
        await pressing
    assert "".join(key for key, _, _ in phone.pressed) == "12#"
    with pytest.raises(NotPressed, match="did not arrive"):
        await keys.press(REQUEST)


async def test_what_a_participant_or_another_version_sends_is_not_pressed() -> None:
    phone = Room(phone=(SIP, CALLED))
    wire, keys = keys_with(phone)
    wire.tells(sender=SimpleNamespace(identity="caller"))
    wire.tells(b'{"version": 2}')
    with pytest.raises(NotPressed, match="did not arrive"):
        await keys.press(REQUEST)
    assert not phone.pressed


async def test_keys_for_a_person_who_is_not_there_are_told() -> None:
    wire, keys = keys_with(None)
    wire.tells()
    with pytest.raises(NotPressed, match="no person"):
        await keys.press(REQUEST)
