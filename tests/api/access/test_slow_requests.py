"""A client that sends a request byte by byte holds no connection, and delays nobody's answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from operators.api import whole_request
from operators.api.server import config_of
from settings import ConsoleSettings

LIMIT_S = 5.0
HEAD = b"POST /acts HTTP/1.1\r\nhost: here\r\ncontent-length: 4\r\n"


@pytest.fixture(autouse=True)
def _within_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole_request, "WHOLE_WITHIN_S", 0.05)


class Answers:
    """An app that answers once the body is complete and `may` is set."""

    def __init__(self) -> None:
        self.may = asyncio.Event()

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        while (await receive()).get("more_body"):
            pass
        await self.may.wait()
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})


@asynccontextmanager
async def served(app: Answers) -> AsyncIterator[int]:
    """Serve the app, and yield the port."""
    server = uvicorn.Server(config_of(app, ConsoleSettings(port=0)))
    server.config.port = 0
    serving = asyncio.create_task(server.serve())
    try:
        while not server.started:  # noqa: ASYNC110 - uvicorn tells nobody
            await asyncio.sleep(0)
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await serving


async def sent(port: int, what: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(what)
    return reader, writer


@pytest.mark.parametrize(
    "begun", [b"", HEAD, HEAD + b"\r\nab"], ids=["nothing", "half a head", "half a body"]
)
async def test_finding_13_a_request_that_does_not_come_whole_is_ended(begun: bytes) -> None:
    async with served(Answers()) as port, asyncio.timeout(LIMIT_S):
        reader, writer = await sent(port, begun)
        assert (await reader.read()).startswith(b"HTTP/1.1 408 ")
        writer.close()


async def test_a_whole_request_may_be_answered_as_late_as_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    # Long enough for the first request to be complete on a busy machine.
    monkeypatch.setattr(whole_request, "WHOLE_WITHIN_S", 0.5)
    app = Answers()
    async with served(app) as port, asyncio.timeout(LIMIT_S):
        reader, writer = await sent(port, HEAD + b"\r\nabcd")
        slow, other = await sent(port, HEAD)
        assert (await slow.read()).startswith(b"HTTP/1.1 408 ")
        app.may.set()
        assert (await reader.readline()).startswith(b"HTTP/1.1 204 ")
        other.close()
        writer.close()
