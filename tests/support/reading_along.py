"""A proxy between a worker and the Groq stand-in that keeps every chat request."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

_CHAT = "/openai/v1/chat/completions"
_HOP = {"host", "content-length", "transfer-encoding", "connection", "keep-alive"}
"""Headers of a single connection, which a proxy does not forward."""


@dataclass
class Reader:
    """`url` is the value for GROQ_BASE_URL; `asked` holds the chat requests, oldest first."""

    url: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)

    def told(self, role: str) -> str:
        """Returns the text of all messages of this role (system, user, …) in the last request."""
        return "\n".join(str(each["content"]) for each in self.asked[-1]["messages"] if each["role"] == role)


@asynccontextmanager
async def reading_along(groq: str) -> AsyncIterator[Reader]:
    """Serve on loopback until the block ends."""
    reader = Reader()
    async with aiohttp.ClientSession(groq, auto_decompress=False) as session:

        async def pass_on(request: web.Request) -> web.StreamResponse:
            body = await request.read()
            if request.path == _CHAT:
                reader.asked.append(json.loads(body))
            headers = {name: value for name, value in request.headers.items() if name.lower() not in _HOP}
            async with session.request(request.method, request.path_qs, data=body, headers=headers) as answer:
                passed = {name: value for name, value in answer.headers.items() if name.lower() not in _HOP}
                response = web.StreamResponse(status=answer.status, headers=passed)
                await response.prepare(request)
                async for chunk in answer.content.iter_any():
                    await response.write(chunk)
                await response.write_eof()
                return response

        app = web.Application(client_max_size=1 << 26)
        app.router.add_route("*", "/{path:.*}", pass_on)
        runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.5)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            reader.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            yield reader
        finally:
            await runner.cleanup()
