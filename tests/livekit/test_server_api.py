"""Requests to a real livekit-server: about rooms and participants that exist, and that do not."""

from __future__ import annotations

import pytest
from livekit import api as livekit_api
from pydantic import SecretStr

from errors import RequestRefused
from local.livekit.server import LiveKitServer
from settings import LiveKitSettings
from tests.livekit.test_line import joined
from transfer.livekit.server_api import ServerApi, open_server_api


@pytest.fixture
def server(api: livekit_api.LiveKitAPI) -> ServerApi:
    return ServerApi(api, "baton")


async def test_a_room_that_does_not_exist_is_told_from_an_empty_one(
    server: ServerApi, api: livekit_api.LiveKitAPI, room_name: str
) -> None:
    assert await server.present(room_name) is None
    await api.room.create_room(livekit_api.CreateRoomRequest(name=room_name))
    assert await server.present(room_name) == frozenset()
    assert room_name in {room.name for room in await server.rooms()}


async def test_a_removed_participant_is_no_longer_there_and_removing_it_again_is_no_error(
    server: ServerApi, livekit: LiveKitServer, room_name: str
) -> None:
    async with joined(livekit, room_name, "mary"):
        assert await server.present(room_name) == frozenset({"mary"})
        assert await server.has_participant(room_name, "mary")
        assert not await server.has_participant(room_name, "john")
        for _ in range(2):
            await server.remove_participant(room_name, "mary")
        assert not await server.has_participant(room_name, "mary")


async def test_a_deleted_room_is_gone_and_deleting_it_again_is_no_error(
    server: ServerApi, api: livekit_api.LiveKitAPI, room_name: str
) -> None:
    await api.room.create_room(livekit_api.CreateRoomRequest(name=room_name))
    for _ in range(2):
        await server.delete_room(room_name)
    assert await server.present(room_name) is None


async def test_a_wrong_secret_is_a_refusal(livekit: LiveKitServer) -> None:
    access = LiveKitSettings(url=livekit.url, api_key=livekit.api_key, api_secret=SecretStr("x" * 40))
    async with open_server_api(access, "baton") as stranger:
        with pytest.raises(RequestRefused, match="status 401"):
            await stranger.rooms()
