"""A telephone network on one machine: livekit-server with Redis, and the test gateway in livekit-sip's place.

livekit-server's SIP API is the real one; livekit-sip is not run: the gateway answers in its place.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from local.fleet.part import Part
from local.fleet.redis import redis_server
from local.livekit.server import LiveKitServer, free_ports, livekit_server
from local.phone.binary import gateway_binary
from local.processes import Program, running

_START_LIMIT_S = 10.0
_NO_STUN = "127.0.0.1:9"  # nobody listens there: without it, the gateway asks public servers for its address


@dataclass(frozen=True, slots=True)
class PhoneNetwork:
    """`address`: where phones call, as host:port. `gateway` and `redis` can be killed, and started again."""

    livekit: LiveKitServer
    gateway: Part
    redis: Part
    address: str


@asynccontextmanager
async def phone_network(
    folder: Path, *, on_step: Callable[[str], None] = lambda _: None
) -> AsyncIterator[PhoneNetwork]:
    """Start it, with logs in `folder`, and yield it once it answers. Raises: SetupFailed, BadInput."""
    binary = await gateway_binary(on_step)
    # A real Redis, so that a test can take it away from the gateway and livekit-server, and bring it back.
    ports = free_ports()
    redis_port, address = ports.http, f"127.0.0.1:{ports.udp}"
    redis = Part("redis", partial(redis_server, folder, redis_port))
    async with AsyncExitStack() as stack:
        stack.push_async_callback(redis.end)
        await redis.start()
        livekit = await stack.enter_async_context(
            livekit_server(
                folder,
                cluster={"redis": {"address": f"127.0.0.1:{redis_port}"}},
                rtc={"stun_servers": [_NO_STUN]},
                on_step=on_step,
            )
        )
        gateway = Part("gateway", partial(_gateway, binary, folder, livekit, redis_port, address))
        stack.push_async_callback(gateway.end)
        await gateway.start()
        on_step("the test gateway takes calls")
        yield PhoneNetwork(livekit, gateway, redis, address)


def _gateway(
    binary: Path, folder: Path, livekit: LiveKitServer, redis_port: int, address: str
) -> AbstractAsyncContextManager[Program]:
    return running(
        "the test gateway",
        [str(binary), "-redis", f"127.0.0.1:{redis_port}", "-sip", address, "-livekit", livekit.url],
        env=livekit.env,
        log=folder / "gateway.log",
        ready=lambda line: '"msg":"ready"' in line,
        limit_s=_START_LIMIT_S,
    )
