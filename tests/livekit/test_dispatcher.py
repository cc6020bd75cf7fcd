"""Dispatches on a real livekit-server, and without a server."""

from __future__ import annotations

import pytest
from livekit import api as livekit_api

from errors import LineFailed
from tests.livekit.test_line import TASK
from transfer.livekit.dispatcher import LiveKitDispatcher
from transfer.livekit.server_api import ServerApi
from transfer.protocol import TakeHandoff


async def test_a_dispatch_carries_ids_alone_and_can_be_taken_back(
    api: livekit_api.LiveKitAPI, room_name: str
) -> None:
    await api.room.create_room(livekit_api.CreateRoomRequest(name=room_name))
    dispatcher = LiveKitDispatcher(ServerApi(api, "baton"), room_name, in_room=lambda: True)
    dispatch_id = await dispatcher.dispatch(TASK)
    dispatch = await api.agent_dispatch.get_dispatch(dispatch_id, room_name)
    assert dispatch is not None
    assert dispatch.agent_name == "baton"
    assert TakeHandoff.model_validate_json(dispatch.metadata) == TASK
    await dispatcher.withdraw(dispatch_id)
    assert await api.agent_dispatch.get_dispatch(dispatch_id, room_name) is None


async def test_taking_back_twice_is_no_error(api: livekit_api.LiveKitAPI, room_name: str) -> None:
    await api.room.create_room(livekit_api.CreateRoomRequest(name=room_name))
    dispatcher = LiveKitDispatcher(ServerApi(api, "baton"), room_name, in_room=lambda: True)
    dispatch_id = await dispatcher.dispatch(TASK)
    await dispatcher.withdraw(dispatch_id)
    await dispatcher.withdraw(dispatch_id)


async def test_without_a_server_the_line_fails_and_a_withdrawal_stays_calm() -> None:
    async with livekit_api.LiveKitAPI("ws://127.0.0.1:9", "key", "secret" * 8) as nobody:
        dispatcher = LiveKitDispatcher(ServerApi(nobody, "baton"), "room", in_room=lambda: True)
        with pytest.raises(LineFailed):
            await dispatcher.dispatch(TASK)
        await dispatcher.withdraw("dispatch")
