"""Live events by HTTP: how soon they come, where they resume, when they end."""

from __future__ import annotations

import asyncio
import socket
import time
from statistics import median

import httpx
import pytest

from operators.api import sse as streaming
from tests.support.api.building import many_calls
from tests.support.api.desk import ANNA, VERA, Desk, problem
from tests.support.api.served import page, served

ACTS = 40


async def test_an_act_reaches_the_page_of_another_at_once(desk: Desk) -> None:
    """Checks the median of 40 acts; bench-operators measures how soon the slowest arrive."""
    (call,) = await many_calls(desk.store, 1)
    took = []
    async with (
        served(desk) as address,
        page(address, desk.tokens[VERA], query="?after=1") as vera,
        httpx.AsyncClient(base_url=address, headers={"Authorization": f"Bearer {desk.tokens[ANNA]}"}) as anna,
    ):
        for number in range(ACTS):
            began = time.perf_counter()
            acting = asyncio.create_task(anna.post(f"/calls/{call.id}/notes", json={"words": str(number)}))
            event = await vera.next()
            took.append(time.perf_counter() - began)
            assert (event["actor"], event["moved_to"]) == (ANNA, "note")
            await acting
    assert median(took) < 0.3


async def test_a_page_resumes_after_its_last_event(desk: Desk) -> None:
    await many_calls(desk.store, 6)
    token = desk.tokens[VERA]
    async with served(desk) as address:
        async with page(address, token, query="?after=0") as first:
            assert [(await first.next())["id"] for _ in range(3)] == [1, 2, 3]
        resumed = {"Last-Event-ID": str(first.latest)}
        async with page(address, token, query="?after=0", headers=resumed) as second:
            assert [(await second.next())["id"] for _ in range(3)] == [4, 5, 6]


async def test_a_page_of_one_call_hears_of_no_other(desk: Desk) -> None:
    first, second = await many_calls(desk.store, 2)
    async with (
        served(desk) as address,
        page(address, desk.tokens[VERA], query="?call=call-0&after=0") as vera,
    ):
        assert (await vera.next())["call_id"] == first.id
        await desk.anna.post(f"/calls/{second.id}/notes", json={"words": "one"})
        await desk.anna.post(f"/calls/{first.id}/notes", json={"words": "two"})
        assert (await vera.next())["call_id"] == first.id


async def test_a_page_whose_token_is_revoked_ends(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "LOOK_AT_TOKEN_S", 0.05)
    async with served(desk) as address, page(address, desk.tokens[VERA]) as vera:
        await desk.store.revoke_operator(VERA, at=desk.clock.at)
        with pytest.raises(StopAsyncIteration):
            await vera.next()


async def test_a_page_that_is_closed_is_forgotten(desk: Desk) -> None:
    async with served(desk) as address:
        async with page(address, desk.tokens[VERA]):
            assert desk.parts.feed.listeners == 1
        async with asyncio.timeout(30.0):
            while desk.parts.feed.listeners:  # noqa: ASYNC110 - the feed tells nobody who left
                await asyncio.sleep(0.01)


async def test_when_the_service_stops_its_pages_are_told(desk: Desk) -> None:
    async with served(desk) as address, page(address, desk.tokens[VERA]) as vera:
        desk.parts.feed.close()
        with pytest.raises(StopAsyncIteration):
            await vera.next()


async def test_places_of_nonsense_are_refused(desk: Desk) -> None:
    for place in ("nine", "-1", "1.5", "9" * 16, "99", "²"):
        answer = await desk.vera.get("/events", headers=[(b"Last-Event-ID", place.encode())])
        problem(answer, "cursor-unknown")
    assert problem(await desk.vera.get("/events?after=99"), "cursor-unknown")["latest"] == 0
    problem(await desk.vera.get("/events?call=nobody"), "unknown-call")


async def test_a_body_of_ten_megabytes_is_refused_before_it_is_sent(desk: Desk) -> None:
    """On the wire: the answer comes and the connection closes before the client has sent the body."""
    async with served(desk) as address:
        host, port = address.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port), family=socket.AF_INET)
        head = f"POST /session HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: 10000000\r\n\r\n"
        writer.write(head.encode())
        async with asyncio.timeout(30.0):
            answer = await reader.read()
        writer.close()
        await writer.wait_closed()
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"urn:baton:problem:body-too-large" in answer
