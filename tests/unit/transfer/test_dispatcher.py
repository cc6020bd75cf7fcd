"""A target is dispatched once the holder is in the room, and the room's node lives."""

from __future__ import annotations

import asyncio

import pytest

from errors import LineFailed, NobodyServes
from tests.livekit.test_line import TASK
from transfer.livekit.dispatcher import LiveKitDispatcher
from transfer.livekit.server_api import ServerApi

pytestmark = [pytest.mark.looptime, pytest.mark.fault("N1")]


class FakeServer(ServerApi):
    """Its first `refusals` dispatches fail after 3 s: the room's node is dead."""

    def __init__(self, refusals: int = 0) -> None:
        self.refusals, self.asked = refusals, 0

    async def dispatch(self, room: str, task: object) -> str:
        self.asked += 1
        if self.asked <= self.refusals:
            await asyncio.sleep(3)
            raise NobodyServes("livekit-server did not dispatch an agent", "unavailable", 503)
        return "dispatch-1"


async def test_not_while_the_holder_reconnects() -> None:
    server, connected = FakeServer(), asyncio.Event()
    asking = asyncio.create_task(LiveKitDispatcher(server, "room", in_room=connected.is_set).dispatch(TASK))
    await asyncio.sleep(5)
    assert server.asked == 0
    connected.set()
    assert await asking == "dispatch-1"


async def test_again_if_nobody_served_the_room() -> None:
    server = FakeServer(refusals=1)
    assert await LiveKitDispatcher(server, "room", in_room=lambda: True).dispatch(TASK) == "dispatch-1"


@pytest.mark.parametrize("in_room", [True, False])
async def test_not_for_ever(in_room: bool) -> None:
    dispatcher = LiveKitDispatcher(FakeServer(refusals=100), "room", in_room=lambda: in_room)
    with pytest.raises(LineFailed, match="not back"):
        await dispatcher.dispatch(TASK)
