"""The worker's health pages. LiveKit's say OK as soon as the program runs, registered or not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web
from livekit.agents.utils.http_server import HttpServer

from readiness import Readiness


class HealthServer(HttpServer):
    """`/health`, also `/`: 200 and OK if the worker takes calls, else 503 and why not. `/worker`: its facts.

    It replaces the server that an AgentServer makes, and answers from an earlier moment until the end. It
    listens on loopback only, because the reasons name addresses and paths.
    """

    def __init__(self, port: int, readiness: Readiness, describe: Callable[[], Mapping[str, Any]]) -> None:
        super().__init__("127.0.0.1", port)
        self._readiness, self._describe = readiness, describe
        pages = {"/": self._health, "/health": self._health, "/worker": self._worker}
        self._app.add_routes([web.get(path, page) for path, page in pages.items()])

    @property
    def app(self) -> web.Application:
        """Return an app in which an AgentServer puts its pages. They are not served."""
        return web.Application()

    async def start(self) -> None:
        """Start serving. Idempotent, because an AgentServer starts it again. Raises: OSError."""
        if self._runner is None:
            await super().start()

    async def _health(self, _: web.Request) -> web.Response:
        if self._readiness.ready:
            return web.Response(text="OK")
        lines = "\n".join(f"not ready: {reason}" for reason in self._readiness.reasons)
        return web.Response(status=503, text=lines, headers={"Cache-Control": "no-store"})

    async def _worker(self, _: web.Request) -> web.Response:
        return web.json_response(self._describe())
