"""Runs a livekit-server that listens only on loopback and ends with this process."""

from __future__ import annotations

import asyncio
import json
import random
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from agents.worker.livekit_access import check_livekit
from errors import OutOfReach, SetupFailed
from local.livekit.binary import livekit_binary
from local.processes import Program, running
from settings import LiveKitSettings

_START_LIMIT_S = 20.0
_ASK_AGAIN_S = 0.05
_NOT_FOR_CLIENTS = (15_000, 32_000)
"""Ports below those that Linux and macOS give to outgoing connections (from 32768 and from 49152)."""


@dataclass(frozen=True, slots=True)
class Ports:
    """The server's ports: `http` for HTTP and WebSocket over TCP, `udp` for media."""

    http: int
    udp: int


@dataclass(frozen=True, slots=True)
class Host:
    """Where the server runs. `within`: the command prefix that starts a program there."""

    address: str = "127.0.0.1"
    interface: str = "lo"
    within: tuple[str, ...] = ()


HERE = Host()


@dataclass(frozen=True, slots=True)
class LiveKitServer:
    """A running server, and its API key."""

    url: str
    api_key: str
    program: Program
    api_secret: str = field(repr=False)

    @property
    def env(self) -> dict[str, str]:
        """The settings with which a program reaches this server."""
        return {
            "LIVEKIT_URL": self.url,
            "LIVEKIT_API_KEY": self.api_key,
            "LIVEKIT_API_SECRET": self.api_secret,
        }


def free_ports() -> Ports:
    """Return two ports that are free now, and that no outgoing connection can take before they are used."""
    return Ports(http=_free(socket.SOCK_STREAM), udp=_free(socket.SOCK_DGRAM))


def _free(kind: socket.SocketKind) -> int:
    while True:
        port = random.randrange(*_NOT_FOR_CLIENTS)
        try:
            _bound(kind, port).close()
        except OSError:
            continue
        return port


def _check_free(ports: Ports) -> None:
    for kind, port in ((socket.SOCK_STREAM, ports.http), (socket.SOCK_DGRAM, ports.udp)):
        try:
            _bound(kind, port).close()
        except OSError as error:
            raise SetupFailed(
                f"livekit-server cannot start: port {port} is in use; stop what uses it, or choose another"
            ) from error


def _bound(kind: socket.SocketKind, port: int) -> socket.socket:
    opened = socket.socket(socket.AF_INET, kind)
    try:
        if (
            kind is socket.SOCK_STREAM
        ):  # as the server does, so that a connection that just ended does not block the port
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind(("127.0.0.1", port))
    except OSError:
        opened.close()
        raise
    return opened


@asynccontextmanager
async def livekit_server(
    folder: Path,
    *,
    ports: Ports | None = None,
    host: Host = HERE,
    secret: str | None = None,
    name: str = "livekit-server",
    cluster: Mapping[str, object] | None = None,
    rtc: Mapping[str, object] | None = None,
    on_step: Callable[[str], None] = lambda _: None,
) -> AsyncIterator[LiveKitServer]:
    """Start a server, and yield it once it answers. Its log is in `folder`. Raises: SetupFailed.

    With the `ports` and the `secret` of a server that has ended, the new one replaces it.
    `cluster`: additional configuration of a node; `rtc`: additional configuration of its `rtc` section.
    """
    binary = await livekit_binary(on_step)
    ports = ports or free_ports()
    if host == HERE:
        _check_free(ports)
    key, secret = "baton-local", secret or secrets.token_hex(24)
    url = f"ws://{host.address}:{ports.http}"
    env = {
        "LIVEKIT_CONFIG": _config(ports, host, cluster or {}, rtc or {}),
        "LIVEKIT_KEYS": f"{key}: {secret}",
    }
    async with running(
        name,
        [*host.within, str(binary)],
        env=env,
        log=folder / f"{name}.log",
        ready=lambda line: "starting LiveKit server" in line,
        limit_s=_START_LIMIT_S,
        grace_s=0.5,  # with more, it would wait for participants that end at the same time
    ) as program:
        server = LiveKitServer(url, key, program, secret)
        await until_it_answers(server)
        yield server


def _config(ports: Ports, host: Host, cluster: Mapping[str, object], rtc: Mapping[str, object]) -> str:
    """Return the configuration as JSON, which is also YAML.

    Media uses the host's address only: livekit-server's --dev would advertise the machine's public address.
    Media over TCP is off, because the server would listen for it on all addresses of the machine.
    """
    return json.dumps(
        {
            "port": ports.http,
            "bind_addresses": [host.address],
            **cluster,
            "rtc": {
                "tcp_port": 0,
                "allow_tcp_fallback": False,
                "udp_port": ports.udp,
                "node_ip": host.address,
                "use_external_ip": False,
                "enable_loopback_candidate": host == HERE,
                "interfaces": {"includes": [host.interface]},
                **rtc,
            },
        }
    )


async def until_it_answers(server: LiveKitServer) -> None:
    """Wait until the server answers. Raises: SetupFailed."""
    settings = LiveKitSettings(
        url=server.url, api_key=server.api_key, api_secret=SecretStr(server.api_secret)
    )
    try:
        async with asyncio.timeout(_START_LIMIT_S):
            while True:
                try:
                    return await check_livekit(settings, limit_s=_START_LIMIT_S)
                except OutOfReach:
                    await asyncio.sleep(_ASK_AGAIN_S)
    except TimeoutError:
        raise SetupFailed(f"livekit-server does not answer; its log is {server.program.log}") from None
