"""Requests to livekit-server: what an answer, an error and silence become."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from livekit.api import ListParticipantsResponse, ListRoomsResponse, ServerError
from livekit.protocol.models import ParticipantInfo, Room

from errors import LineFailed, NobodyServes, RequestRefused
from tests.contract.building import a_call
from transfer.livekit.server_api import ServerApi
from transfer.protocol import AnswerCall

pytestmark = pytest.mark.looptime

NOT_FOUND = ServerError("not_found", "no such thing", status=404)
BROKEN = ServerError("internal", "something broke", status=500)


def api_where(answer: Callable[[], Awaitable[object]], **rooms: Callable[[], Awaitable[object]]) -> ServerApi:
    """Return an API that answers by `answer`, except requests of the room service that `rooms` names."""

    def service(answers: dict[str, Callable[[], Awaitable[object]]]) -> Any:
        names = (
            "create_dispatch",
            "delete_dispatch",
            "list_rooms",
            "list_participants",
            "get_participant",
            "remove_participant",
            "delete_room",
            "send_data",
            "update_subscriptions",
        )

        def method(name: str) -> Callable[..., Awaitable[object]]:
            return lambda *_: answers.get(name, answer)()

        return SimpleNamespace(**{name: method(name) for name in names})

    livekit: Any = SimpleNamespace(room=service(rooms), agent_dispatch=service({}))
    return ServerApi(livekit, "baton")


def failing(error: Exception) -> Callable[[], Awaitable[object]]:
    async def answer() -> object:
        raise error

    return answer


def answering(found: object) -> Callable[[], Awaitable[object]]:
    async def answer() -> object:
        return found

    return answer


async def silence() -> object:
    return await asyncio.Event().wait()


REQUESTS: list[Callable[[ServerApi], Awaitable[object]]] = [
    lambda server: server.dispatch("room", AnswerCall()),
    lambda server: server.withdraw("room", "dispatch"),
    lambda server: server.rooms(),
    lambda server: server.participants("room"),
    lambda server: server.present("room"),
    lambda server: server.has_participant("room", "mary"),
    lambda server: server.remove_participant("room", "mary"),
    lambda server: server.delete_room("room"),
]


@pytest.mark.parametrize("request_of", REQUESTS)
async def test_silence_fails_within_the_limit(request_of: Callable[[ServerApi], Awaitable[object]]) -> None:
    began = asyncio.get_running_loop().time()
    with pytest.raises(LineFailed, match="within 4 s"):
        await request_of(api_where(silence))
    assert asyncio.get_running_loop().time() - began == pytest.approx(4.0)


@pytest.mark.parametrize("request_of", REQUESTS)
async def test_an_error_of_the_server_is_told_from_no_answer(
    request_of: Callable[[ServerApi], Awaitable[object]],
) -> None:
    with pytest.raises(RequestRefused) as refused:
        await request_of(api_where(failing(BROKEN)))
    assert refused.value.code == "internal"
    with pytest.raises(LineFailed) as failed:
        await request_of(api_where(failing(aiohttp.ClientConnectionError())))
    assert not isinstance(failed.value, RequestRefused)


@pytest.mark.fault("N1")
async def test_what_a_dead_node_had_is_gone_and_nobody_is_connected_to_it() -> None:
    server = api_where(failing(ServerError("unavailable", "no response from servers", status=503)))
    assert await server.remove_participant("room", "agent-1") is False
    assert await server.is_connected("room", "caller") is False
    with pytest.raises(NobodyServes):
        await server.dispatch("room", AnswerCall())


async def test_removing_what_is_not_there_is_no_error() -> None:
    server = api_where(failing(NOT_FOUND))
    await server.withdraw("room", "dispatch")
    await server.remove_participant("room", "mary")
    await server.delete_room("room")


async def test_what_the_server_does_not_know_is_not_there() -> None:
    server = api_where(failing(NOT_FOUND))
    assert await server.participants("room") is None
    assert await server.present("room") is None
    assert not await server.has_participant("room", "mary")


async def test_a_dispatch_into_an_unknown_room_fails() -> None:
    with pytest.raises(RequestRefused):
        await api_where(failing(NOT_FOUND)).dispatch("room", AnswerCall())


async def test_an_empty_room_is_told_from_no_room() -> None:
    nobody = answering(ListParticipantsResponse())
    there, gone = answering(ListRoomsResponse(rooms=[Room(name="room")])), answering(ListRoomsResponse())
    assert await api_where(silence, list_participants=nobody, list_rooms=there).present("room") == frozenset()
    assert await api_where(silence, list_participants=nobody, list_rooms=gone).present("room") is None


async def test_a_room_with_participants_needs_one_request() -> None:
    found = answering(ListParticipantsResponse(participants=[ParticipantInfo(identity="mary")]))
    assert await api_where(silence, list_participants=found).present("room") == frozenset({"mary"})


@pytest.mark.parametrize("answer", [failing(NOT_FOUND), failing(BROKEN), silence])
async def test_a_nudge_never_raises_and_waits_half_a_second_at_most(
    answer: Callable[[], Awaitable[object]],
) -> None:
    began = asyncio.get_running_loop().time()
    await api_where(answer).nudge(a_call())
    assert asyncio.get_running_loop().time() - began <= 0.5
