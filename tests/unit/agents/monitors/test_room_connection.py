"""An agent yields its call once the caller is back in the room and the agent is not, and not before."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from livekit import rtc

from agents.monitors.call_end import CallEnding, Disconnected
from agents.monitors.room_connection import leave_when_mute, leave_when_replaced, yield_when_left_behind
from errors import LineFailed
from tests.contract.building import START, a_call
from tests.support.memory_store import MemoryStore
from transfer.livekit.server_api import ServerApi

pytestmark = [pytest.mark.looptime, pytest.mark.fault("C1")]

CONNECTED, RECONNECTING = rtc.ConnectionState.CONN_CONNECTED, rtc.ConnectionState.CONN_RECONNECTING
SOME_TIME_S = 10.0


class FakeServer(ServerApi):
    """`there`: the caller's node has them. If not, it does not answer in time. Makes no request."""

    def __init__(self, *, there: bool) -> None:
        self.there = there

    async def is_connected(self, room: str, identity: str, *, limit_s: float = 4.0) -> bool:
        if not self.there:
            await asyncio.sleep(limit_s)
            raise LineFailed("the server does not answer in time")
        return True


async def yields(room: Any, server: FakeServer) -> bool:
    ending = CallEnding()
    watching = asyncio.create_task(yield_when_left_behind(room, server, "caller", ending))
    await asyncio.wait({watching}, timeout=SOME_TIME_S)
    watching.cancel()
    return ending.decided and await ending.wait() == Disconnected()


def a_room(state: int) -> Any:
    return SimpleNamespace(name="room", connection_state=state)


async def test_yields_if_the_caller_is_in_the_room_and_it_is_not() -> None:
    assert await yields(a_room(RECONNECTING), FakeServer(there=True))


@pytest.mark.fault("N1")
async def test_stays_if_the_caller_is_not_back_either() -> None:
    assert not await yields(a_room(RECONNECTING), FakeServer(there=False))


async def test_stays_if_it_is_in_the_room() -> None:
    assert not await yields(a_room(CONNECTED), FakeServer(there=True))


async def test_stays_if_it_reconnects_in_time() -> None:
    room = a_room(RECONNECTING)
    asyncio.get_running_loop().call_later(1.0, setattr, room, "connection_state", CONNECTED)
    assert not await yields(room, FakeServer(there=True))


class Replacing:
    """An agent whose connection breaks, and a call that somebody may recover meanwhile."""

    def __init__(self) -> None:
        self.room, self.ending, self.store = rtc.Room(), CallEnding(), MemoryStore()

    async def begin(self) -> asyncio.Task[None]:
        call = a_call()
        await self.store.open_call(call)
        watch = leave_when_replaced(self.room, self.store, call, call.holder_job, self.ending)
        watching = asyncio.create_task(watch)
        await asyncio.sleep(0.1)
        return watching

    async def reconnects(self) -> None:
        self.room.emit("reconnected")
        await asyncio.sleep(0.5)


@pytest.mark.fault("N1")
async def test_an_agent_that_is_back_leaves_if_the_call_was_lost_meanwhile() -> None:
    agent = Replacing()
    watching = await agent.begin()
    await agent.reconnects()
    assert not agent.ending.decided, "it still holds the call"
    call = a_call()
    await agent.store.mark_lost(call.id, job=call.holder_job, of=call.worker, by=call.worker, at=START)
    await agent.reconnects()
    assert agent.ending.decision == Disconnected()
    await watching


@pytest.mark.fault("N3")
async def test_an_agent_that_could_not_publish_its_voice_leaves() -> None:
    room, ending = a_room(CONNECTED), CallEnding()
    tracks: dict[str, object] = {}
    room.local_participant = SimpleNamespace(track_publications=tracks)
    watching = asyncio.create_task(leave_when_mute(room, ending))
    tracks["TR_1"] = SimpleNamespace(source=rtc.TrackSource.SOURCE_MICROPHONE)
    await asyncio.sleep(30)
    assert not ending.decided
    tracks.clear()
    await asyncio.sleep(6)
    assert ending.decision == Disconnected()
    await watching
