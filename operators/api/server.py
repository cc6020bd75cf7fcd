"""Serves until asked to end, and then ends: streams first."""

from __future__ import annotations

import gc
import signal
import socket
import sys
from collections.abc import Callable
from typing import NoReturn

import uvicorn
from starlette.types import ASGIApp

from operators.api.app import make_app
from operators.api.listen_address import bound, check_certificate, check_may_listen, start_line
from operators.api.resources import Parts
from settings import SERVICE_GROUPS, ConsoleSettings, Settings, check_groups

_KEEP_ALIVE_S = 60
_END_LIMIT_S = 3
"""How long requests under way may still take when the service ends."""


class _Server(uvicorn.Server):
    """uvicorn, whose streams end before it waits for them, and which tells when it listens."""

    def __init__(self, config: uvicorn.Config, parts: Parts, listening: Callable[[], None]) -> None:
        super().__init__(config)
        self._parts = parts
        self._listening = listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._listening()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._parts.feed.close()
        await super().shutdown(sockets)


async def serve(settings: Settings, tell: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT; `tell` gets the line that says where.

    Raises: BadInput, StoreUnusable.
    """
    check_groups(SERVICE_GROUPS)
    console = settings.console
    check_may_listen(console)
    check_certificate(console)
    with bound(console) as listener:
        app = make_app(settings)
        async with app.router.lifespan_context(app):
            parts = app.state.parts
            assert isinstance(parts, Parts)
            port = listener.getsockname()[1]
            server = _Server(
                config_of(app, console), parts, lambda: tell(start_line(console, port, parts.first_token))
            )
            gc.collect()
            gc.freeze()  # what is here by now stays: looking through it again would stall the loop
            signal.signal(signal.SIGTERM, _leave)  # uvicorn hands the signal back when all is closed
            await server.serve(sockets=[listener])


def config_of(app: ASGIApp, console: ConsoleSettings) -> uvicorn.Config:
    """How uvicorn is set up; the benchmark's baselines have the same."""
    return uvicorn.Config(
        app,
        lifespan="off",  # run around the server: what it raises is then told in one line
        ws="none",
        access_log=False,  # addresses hold the ids of calls
        log_level="warning",
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_END_LIMIT_S,
        ssl_certfile=console.certificate,
        ssl_keyfile=console.certificate_key,
    )


def _leave(*_: object) -> NoReturn:
    sys.exit(0)
