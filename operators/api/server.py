"""Runs the service until a signal, and then shuts it down, streams first."""

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
"""How long running requests may still take at shutdown."""


class _Server(uvicorn.Server):
    """uvicorn that ends our streams before it waits for them, and reports when it listens."""

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
    """Serve until SIGTERM or SIGINT. `tell` gets the line that says where the service is.

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
            gc.freeze()  # these objects stay: collecting them again would stall the loop
            signal.signal(signal.SIGTERM, _leave)  # uvicorn raises the signal again after shutdown
            await server.serve(sockets=[listener])


def config_of(app: ASGIApp, console: ConsoleSettings) -> uvicorn.Config:
    """The configuration of uvicorn, which the benchmark's baselines share."""
    return uvicorn.Config(
        app,
        lifespan="off",  # runs around the server, so that its errors become one line
        ws="none",
        access_log=False,  # addresses contain the ids of calls
        log_level="warning",
        proxy_headers=bool(console.proxies),
        forwarded_allow_ips=console.proxies.split(),
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_END_LIMIT_S,
        ssl_certfile=console.certificate,
        ssl_keyfile=console.certificate_key,
    )


def _leave(*_: object) -> NoReturn:
    sys.exit(0)
