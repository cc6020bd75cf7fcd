"""The service at a real address, within the test: only there do streams end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import uvicorn

from operators.api.listen_address import bound
from settings import ConsoleSettings
from tests.support.api.desk import Desk

_END_LIMIT_S = 30.0


@asynccontextmanager
async def served(desk: Desk) -> AsyncIterator[str]:
    """Serve, and yield the address."""
    with bound(ConsoleSettings(port=0)) as listener:
        config = uvicorn.Config(desk.app, lifespan="off", ws="none", access_log=False, log_level="warning")
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server._serve([listener]))  # `serve` would take the signals from pytest
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            desk.parts.feed.close()
            server.should_exit = True
            async with asyncio.timeout(_END_LIMIT_S):
                await serving


class Page:
    """An operator's page, which follows the events and keeps what it receives."""

    def __init__(self, lines: AsyncIterator[str]) -> None:
        self._lines = lines
        self.latest = 0

    async def next(self) -> dict[str, Any]:
        """Return the next event. Raises: StopAsyncIteration, when the stream has ended."""
        async for line in self._lines:
            if line.startswith("id: "):
                self.latest = int(line.removeprefix("id: "))
            if line.startswith("data: "):
                told: dict[str, Any] = json.loads(line.removeprefix("data: "))
                assert told["id"] == self.latest
                return told
        raise StopAsyncIteration


@asynccontextmanager
async def page(
    address: str, token: str, *, query: str = "", headers: dict[str, str] | None = None
) -> AsyncIterator[Page]:
    """Connect a page, and wait until the stream confirms that."""
    given = {"Authorization": f"Bearer {token}", **(headers or {})}
    async with (
        httpx.AsyncClient(base_url=address, headers=given, timeout=30.0) as client,
        client.stream("GET", f"/events{query}") as answer,
    ):
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        lines = answer.aiter_lines()
        assert await anext(lines) == "retry: 1000"
        yield Page(lines)
