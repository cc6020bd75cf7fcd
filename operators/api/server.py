"""Runs the service until a signal, and then shuts it down, streams first."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import NoReturn

import uvicorn
from starlette.types import ASGIApp

from agents.groq.client import make_client
from errors import OutOfReach, StoreError
from operators.api.app import make_app
from operators.api.front import Front
from operators.api.listen_address import bound, check_certificate, check_may_listen, start_line
from operators.api.wanted_servers import refuse_wrong_key, watch_servers
from operators.api.whole_request import WholeRequests
from operators.auth.security_log import open_security_log
from operators.roster import roster_of
from persistence.engines import SETTING, migrate
from readiness import STORE, Readiness
from settings import SERVICE_GROUPS, ConsoleSettings, Settings, check_groups
from tasks import together

_KEEP_ALIVE_S = 60
_END_LIMIT_S = 3
"""How long running requests may still take at shutdown."""


class _Server(uvicorn.Server):
    """uvicorn that ends our streams before it waits for them."""

    def __init__(self, front: Front, console: ConsoleSettings) -> None:
        super().__init__(config_of(front, console))
        self._front = front

    def end(self, _: object) -> None:
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._front.parts is not None:
            self._front.parts.feed.close()
        await super().shutdown(sockets)


async def serve(settings: Settings, tell: Callable[[str], None], warn: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT; exit with 0, or with 1 if nothing was served by then.

    `tell` gets the line that says where the service is, once it is open; `warn` each line about a server that
    it waits for. Raises: BadInput; OutOfReach, if the store fails while it is opened.
    """
    check_groups(SERVICE_GROUPS)
    console = settings.console
    open_security_log(settings.access.log, to_stderr=True)
    check_may_listen(console)
    check_certificate(console)
    with bound(console) as listener:
        readiness = Readiness([STORE], tell=warn)
        front = Front(settings, readiness)
        port = listener.getsockname()[1]

        def listening(first_token: str | None) -> None:
            tell(start_line(console, port, first_token))

        server = _Server(front, console)
        opened = asyncio.create_task(_open(settings, front, readiness, listening), name="the open service")
        opened.add_done_callback(server.end)  # not by cancelling the server, which must close its connections
        with _leaving(front):
            try:
                await server.serve(sockets=[listener])
            finally:
                opened.cancel()
                await asyncio.wait([opened])
        await opened


async def _open(
    settings: Settings, front: Front, readiness: Readiness, listening: Callable[[str | None], None]
) -> None:
    """Open the service behind `front` once the store answers, and keep it open until cancelled."""
    app = make_app(settings)
    roster = await asyncio.to_thread(roster_of, settings)
    async with make_client(settings.groq, settings.groq_access) as groq:
        async with together() as group:
            store = partial(asyncio.to_thread, migrate, settings.worker.store)
            group.create_task(readiness.until_reached(STORE, store))
            group.create_task(refuse_wrong_key(settings.livekit))
        try:
            async with app.router.lifespan_context(app):
                front.open_to(app)
                gc.collect()
                gc.freeze()  # these objects stay: collecting them again would stall the loop
                listening(app.state.parts.first_token)
                await watch_servers(settings, groq, roster, readiness)
                await asyncio.Event().wait()
        except StoreError as error:
            raise OutOfReach(SETTING, str(error), "look at it, and start again") from error


def config_of(app: ASGIApp, console: ConsoleSettings) -> uvicorn.Config:
    """Return uvicorn's configuration, which the benchmark's baselines share."""
    return uvicorn.Config(
        app,
        http=WholeRequests,
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


@contextmanager
def _leaving(front: Front) -> Iterator[None]:
    """Exit on a signal, which uvicorn raises again after its shutdown."""

    def leave(*_: object) -> NoReturn:
        sys.exit(0 if front.parts is not None else 1)

    before = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
