"""A participant is asked to fall silent, and leaves: nobody waits for their answer."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import cast

import pytest
from livekit import rtc

from agents.jobs.admit_call import until_silent
from persistence.records import JobId
from transfer.livekit.rpc import LEFT_FOR_GOOD
from transfer.protocol import agent_identity

pytestmark = pytest.mark.looptime

WAITING_ROOM = JobId("AW_1")
GONE = sorted(LEFT_FOR_GOOD)


class Room(rtc.EventEmitter[str]):
    """A room whose RPC calls time out, like those to a participant who has left."""

    def __init__(self) -> None:
        super().__init__()
        self.local_participant = SimpleNamespace(perform_rpc=self._perform)
        self.remote_participants: dict[str, object] = {}
        self.connection_state = rtc.ConnectionState.CONN_CONNECTED
        self.asked = 0

    def isconnected(self) -> bool:
        return True

    def leaves(self, reason: rtc.DisconnectReason.ValueType) -> None:
        who = SimpleNamespace(identity=agent_identity(WAITING_ROOM), disconnect_reason=reason)
        self.emit("participant_disconnected", who)

    async def _perform(self, *, max_round_trip_latency: float, **_: object) -> str:
        self.asked += 1
        await asyncio.sleep(max_round_trip_latency)
        raise rtc.RpcError(rtc.RpcError.ErrorCode.CONNECTION_TIMEOUT, "not heard")


async def test_an_agent_speaks_at_once_when_the_waiting_room_has_left_and_its_answer_was_lost() -> None:
    """The agent used to wait for 9 s, and the caller heard silence."""
    room, loop = Room(), asyncio.get_running_loop()
    loop.call_later(1.2, room.leaves, GONE[0])
    began = loop.time()
    await until_silent(cast(rtc.Room, room), WAITING_ROOM)
    assert loop.time() - began == pytest.approx(1.2)
    assert room.asked == 2, "what is not heard is asked again"


async def test_a_waiting_room_that_reconnects_is_waited_for() -> None:
    room, loop = Room(), asyncio.get_running_loop()
    room.remote_participants[agent_identity(WAITING_ROOM)] = object()  # back already
    loop.call_later(1.2, room.leaves, rtc.DisconnectReason.SIGNAL_CLOSE)
    began = loop.time()
    await until_silent(cast(rtc.Room, room), WAITING_ROOM)
    assert loop.time() - began == pytest.approx(9.0)
