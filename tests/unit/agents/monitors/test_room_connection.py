"""An agent yields its call once the caller is back in the room and it is not, and not before."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from livekit import rtc
from livekit.protocol.models import ParticipantInfo

from agents.monitors.call_end import CallEnding, Disconnected
from agents.monitors.room_connection import yield_when_left_behind
from transfer.livekit.server_api import ServerApi

pytestmark = [pytest.mark.looptime, pytest.mark.fault("C1")]

CONNECTED, RECONNECTING = rtc.ConnectionState.CONN_CONNECTED, rtc.ConnectionState.CONN_RECONNECTING
SOME_TIME_S = 10.0


class FakeServer(ServerApi):
    """Lists the room's participants; makes no request."""

    def __init__(self, present: Sequence[str]) -> None:
        self._present = present

    async def participants(self, room: str, *, limit_s: float = 0) -> Sequence[ParticipantInfo]:
        return [ParticipantInfo(identity=identity) for identity in self._present]


async def yields(room: Any, present: Sequence[str]) -> bool:
    ending = CallEnding()
    watching = asyncio.create_task(yield_when_left_behind(room, FakeServer(present), "caller", ending))
    await asyncio.wait({watching}, timeout=SOME_TIME_S)
    watching.cancel()
    return ending.decided and await ending.wait() == Disconnected()


def a_room(state: int) -> Any:
    return SimpleNamespace(name="room", connection_state=state)


async def test_yields_if_the_caller_is_in_the_room_and_it_is_not() -> None:
    assert await yields(a_room(RECONNECTING), ["caller"])


async def test_stays_if_the_caller_is_not_back_either() -> None:
    assert not await yields(a_room(RECONNECTING), [])


async def test_stays_if_it_is_in_the_room() -> None:
    assert not await yields(a_room(CONNECTED), ["caller"])


async def test_stays_if_it_reconnects_in_time() -> None:
    room = a_room(RECONNECTING)
    asyncio.get_running_loop().call_later(1.0, setattr, room, "connection_state", CONNECTED)
    assert not await yields(room, ["caller"])
