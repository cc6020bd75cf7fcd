"""A livekit-server that is killed and comes back at the same address, without its state."""

from __future__ import annotations

import asyncio
import secrets
import signal
from contextlib import AsyncExitStack
from pathlib import Path

from local.livekit.server import Host, LiveKitServer, Ports, livekit_server

_PORTS = Ports(http=7880, udp=7882)


class Server:
    """`now` is the running server."""

    def __init__(self, folder: Path, host: Host) -> None:
        self._folder, self._host = folder, host
        self._secret = secrets.token_hex(24)
        self._running = AsyncExitStack()
        self.now: LiveKitServer

    async def start(self) -> None:
        started = livekit_server(self._folder, ports=_PORTS, host=self._host, secret=self._secret)
        self.now = await self._running.enter_async_context(started)

    async def kill(self) -> None:
        self.now.program.send(signal.SIGKILL)
        await self.now.program.wait()

    async def comes_back(self, *, after_s: float) -> None:
        """Stops the server, and starts it again `after_s` seconds later."""
        await self._running.aclose()
        await asyncio.sleep(after_s)
        await self.start()

    async def end(self) -> None:
        await self._running.aclose()
