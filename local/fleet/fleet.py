"""All of Baton as a fleet on this machine: two hosts, each with a LiveKit node, a worker and a service."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from clock import SystemClock
from local.fleet.cluster import Cluster, cluster
from local.fleet.hosts import on_host
from local.fleet.part import Part
from local.livekit.server import free_ports
from local.postgres import address_of, postgres_program
from local.scripted import DEMO
from local.stack import Servers, local_servers, running_service, running_worker
from operators.auth.access import add_operator
from persistence.access import EVERYTHING
from persistence.engines import migrate, open_store

HOSTS = ("host-1", "host-2")
SHARED = "shared by all"


@dataclass(frozen=True, slots=True)
class Fleet:
    """`hosts`: the parts by host. `consoles`: the links with an operator's token, by service name."""

    hosts: Mapping[str, Sequence[Part]]
    consoles: Mapping[str, str]
    servers: Servers

    def part(self, name: str) -> Part | None:
        return next((part for parts in self.hosts.values() for part in parts if part.name == name), None)


@asynccontextmanager
async def fleet(folder: Path, *, on_step: Callable[[str], None] = lambda _: None) -> AsyncIterator[Fleet]:
    """Start all parts, with logs in the existing `folder`. The store is empty each time.

    Raises: SetupFailed, BadInput.
    """
    async with AsyncExitStack() as stack:
        # Not in `folder`: the path of a socket must be short.
        sockets = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="baton-fleet-")))
        postgres = Part("postgres", partial(postgres_program, sockets))
        stack.push_async_callback(postgres.end)
        await postgres.start()
        store = address_of(sockets)
        migrate(store)
        on_step("Postgres is ready")
        livekit = await stack.enter_async_context(cluster(folder, on_step=on_step))
        servers = await stack.enter_async_context(
            local_servers(
                folder,
                script=DEMO,
                latencies="like-groq",
                settings={"BATON_STORE": store, "BATON_IDLE_PROCESSES": "1"},
                livekit=livekit.livekit,
                on_step=on_step,
            )
        )
        ports = {f"service-{number}": free_ports().http for number, _ in enumerate(HOSTS, start=1)}
        hosts = {
            SHARED: [postgres, livekit.redis, livekit.balancer],
            **{
                host: _parts_of(folder, host, number, livekit, servers.env, ports)
                for number, host in _numbered()
            },
        }
        for host in HOSTS:
            for part in hosts[host][1:]:  # its node runs already
                stack.push_async_callback(part.end)
                await part.start()
                on_step(f"{part.name} runs on {host}")
        async with open_store(store) as opened:
            token = await add_operator(opened, "dev-fleet", EVERYTHING, SystemClock())
        consoles = {name: f"http://127.0.0.1:{port}/#token={token}" for name, port in ports.items()}
        yield Fleet(hosts, consoles, servers)


def _numbered() -> Sequence[tuple[int, str]]:
    return tuple(enumerate(HOSTS, start=1))


def _parts_of(
    folder: Path, host: str, number: int, livekit: Cluster, env: Mapping[str, str], ports: Mapping[str, int]
) -> list[Part]:
    worker, service, within = f"worker-{number}", f"service-{number}", on_host(host)
    env = {
        **env,
        "BATON_LINES_FOLDER": str(folder / host / "lines"),
        "BATON_HEALTH_PORT": str(free_ports().http),
        "BATON_CONSOLE_PORT": str(ports[service]),
    }
    return [
        livekit.nodes[number - 1],
        Part(worker, partial(running_worker, folder, env, worker, within=within)),
        Part(service, partial(running_service, folder, env, service, within=within)),
    ]
