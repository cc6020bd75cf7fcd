"""The connection to livekit-server while the worker runs. LiveKit's AgentServer reconnects; this says so."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from livekit.agents import AgentServer

from agents.worker.livekit_access import URL, check_livekit
from errors import BadInput, OutOfReach
from readiness import Readiness, pauses
from settings import LiveKitSettings

REGISTRATION = "the registration with livekit-server"

_LOOK_EVERY_S = 0.2
_LIMIT_S = 3.0
_REGISTERS_WITHIN_S = 15.0
"""Longer than a start takes, and longer than LiveKit's longest pause between two reconnects."""


class DropReconnects(logging.Filter):
    """Drops LiveKit's log line for each try to reconnect: the worker reports the outage once."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not str(record.msg).startswith("failed to connect to livekit, retrying")


async def watch_registration(server: AgentServer, access: LiveKitSettings, readiness: Readiness) -> None:
    """Keep REGISTRATION in `readiness`: found while the server is connected. Run it beside the server.

    If livekit-server comes back and refuses the key, report that and wait: it may be fixed there.
    """
    registered = asyncio.Event()
    server.on("worker_registered", lambda *_: registered.set())

    def connected() -> bool:
        # Private, but no public event reports a lost connection.
        return registered.is_set() and not server._connecting

    while True:
        await _until_connected(connected, access, readiness)
        readiness.found(REGISTRATION)
        while connected():  # noqa: ASYNC110 - LiveKit gives no notice
            await asyncio.sleep(_LOOK_EVERY_S)


async def _until_connected(
    connected: Callable[[], bool], access: LiveKitSettings, readiness: Readiness
) -> None:
    clock = asyncio.get_running_loop()
    began = clock.time()
    for pause_s in pauses():
        with suppress(TimeoutError):
            async with asyncio.timeout(pause_s):
                while not connected():  # noqa: ASYNC110 - LiveKit gives no notice
                    await asyncio.sleep(_LOOK_EVERY_S)
                return
        why = await _why_not(access)
        if why is None and clock.time() - began >= _REGISTERS_WITHIN_S:
            wrong = f"{access.url} answers, but takes no workers yet"
            why = OutOfReach(URL, wrong, "look into the server's log")
        if why is not None:
            readiness.missing(REGISTRATION, why)


async def _why_not(access: LiveKitSettings) -> BadInput | None:
    """Return what keeps the server from being used; None if it answers and accepts the key."""
    try:
        await check_livekit(access, limit_s=_LIMIT_S)
    except BadInput as why:
        return why
    return None
