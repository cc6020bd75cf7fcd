"""A telephone network on one machine: livekit-server with Redis, and the test gateway instead of livekit-sip.

livekit-server's SIP API is the real one. The gateway answers in place of livekit-sip, which does not run.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from local.fleet.part import Part
from local.fleet.redis import redis_server
from local.livekit.server import LiveKitServer, Ports, free_ports, livekit_server
from local.phone.binary import gateway_binary
from local.processes import Program, running

_START_LIMIT_S = 10.0
_LOOK_AGAIN_S = 0.05
_NO_STUN = "127.0.0.1:9"  # nobody listens there: without it, the gateway asks public servers for its address


@dataclass(frozen=True, slots=True)
class PhoneNetwork:
    """`address`: where phones call, as host:port. Each part can be killed and restarted."""

    livekit: LiveKitServer
    address: str
    gateway: Part
    redis: Part
    server: Part

    async def gateway_logs(self, words: str) -> None:
        """Wait until the gateway's log contains these words. Raises: TimeoutError."""
        async with asyncio.timeout(_START_LIMIT_S):
            while words not in self.gateway.program.log.read_text():  # noqa: ASYNC110 - a file tells nobody
                await asyncio.sleep(_LOOK_AGAIN_S)

    async def mend(self) -> None:
        """Restart the parts that do not run. Raises: SetupFailed."""
        for part in (self.redis, self.server, self.gateway):
            if not part.runs:
                await part.start()


@asynccontextmanager
async def phone_network(
    folder: Path, *, loss_percent: int = 0, on_step: Callable[[str], None] = lambda _: None
) -> AsyncIterator[PhoneNetwork]:
    """Start it with logs in `folder`, and yield it once it answers. Raises: SetupFailed, BadInput.

    `loss_percent`: the share of sound and key packets lost between the gateway and phones, each way.
    """
    binary = await gateway_binary(on_step)
    ports, others = free_ports(), free_ports()
    redis_port, address = others.http, f"127.0.0.1:{others.udp}"
    secret = secrets.token_hex(24)
    async with AsyncExitStack() as stack:

        async def begun(part: Part) -> Part:
            stack.push_async_callback(part.end)
            await part.start()
            return part

        # A real Redis: a test can take it away from livekit-server and the gateway, and bring it back. Its
        # data is kept, because trunks and dispatch rules are stored nowhere else.
        redis = await begun(Part("redis", partial(redis_server, folder, redis_port, keeps=True)))
        server = await begun(Part("livekit-server", partial(_server, folder, ports, secret, redis_port)))
        livekit = LiveKitServer(f"ws://127.0.0.1:{ports.http}", "baton-local", server.program, secret)
        on_step("livekit-server answers")
        flags = ["-redis", f"127.0.0.1:{redis_port}", "-sip", address, "-livekit", livekit.url]
        flags += ["-loss", str(loss_percent)]
        gateway = await begun(Part("gateway", partial(_gateway, [str(binary), *flags], folder, livekit)))
        on_step("the test gateway takes calls")
        yield PhoneNetwork(livekit, address, gateway, redis, server)


@asynccontextmanager
async def _server(folder: Path, ports: Ports, secret: str, redis_port: int) -> AsyncIterator[Program]:
    async with livekit_server(
        folder,
        ports=ports,
        secret=secret,
        cluster={"redis": {"address": f"127.0.0.1:{redis_port}"}},
        rtc={"stun_servers": [_NO_STUN]},
    ) as server:
        yield server.program


def _gateway(
    command: list[str], folder: Path, livekit: LiveKitServer
) -> AbstractAsyncContextManager[Program]:
    return running(
        "the test gateway",
        command,
        env=livekit.env,
        log=folder / "gateway.log",
        ready=lambda line: '"msg":"ready"' in line,
        limit_s=_START_LIMIT_S,
    )
