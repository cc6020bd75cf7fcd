"""LiveKit as a cluster: several nodes with one Redis. Everybody signals through a balancer."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from local.fleet.balancer import balancer
from local.fleet.part import Part
from local.fleet.redis import redis_server
from local.livekit.binary import livekit_binary
from local.livekit.server import LiveKitServer, Ports, free_ports, livekit_server, until_it_answers
from local.processes import Program

NODES = ("node-a", "node-b")
_KNOWN_WITHIN_S = 5.0
_LOOK_EVERY_S = 0.05


@dataclass(frozen=True, slots=True)
class Cluster:
    """`livekit`: the address through the balancer, and the key that all nodes share."""

    livekit: LiveKitServer
    nodes: Sequence[Part]
    redis: Part
    balancer: Part

    @property
    def parts(self) -> Sequence[Part]:
        return (self.redis, *self.nodes, self.balancer)

    async def mend(self) -> None:
        """Restart parts that do not run. Returns once the balancer sees all nodes. Raises: SetupFailed."""
        for part in self.parts:
            if not part.runs:
                await part.start()
        async with asyncio.timeout(_KNOWN_WITHIN_S):
            while not all(map(self._is_known, self.nodes)):  # noqa: ASYNC110 - the balancer only logs it
                await asyncio.sleep(_LOOK_EVERY_S)

    def _is_known(self, node: Part) -> bool:
        log = self.balancer.program.log.read_text(encoding="utf-8")
        told = [line for line in log.splitlines() if f"livekit/{node.name} is " in line]
        return not told or f"{node.name} is UP" in told[-1]

    def node_of(self, room: str) -> Part:
        """Return the node that has the room: by the nodes' logs, the last to let a participant into it."""
        latest = [(entered, node) for node in self.nodes if (entered := _last_entry(node, room))]
        return max(latest, key=lambda found: found[0])[1]

    def other_than(self, node: Part) -> Part:
        return next(each for each in self.nodes if each is not node)


@asynccontextmanager
async def cluster(folder: Path, *, on_step: Callable[[str], None] = lambda _: None) -> AsyncIterator[Cluster]:
    """Start the cluster, with logs in `folder`, and yield it once it answers. Raises: SetupFailed."""
    await livekit_binary(on_step)
    redis_port, door, ports = free_ports().http, free_ports().http, {name: free_ports() for name in NODES}
    secret = secrets.token_hex(24)
    async with AsyncExitStack() as stack:

        async def begun(part: Part) -> Part:
            stack.push_async_callback(part.end)
            await part.start()
            return part

        redis = await begun(Part("redis", partial(redis_server, folder, redis_port)))
        nodes = [
            Part(name, partial(_node, folder, name, ports[name], secret, _configuration(name, redis_port)))
            for name in NODES
        ]
        await asyncio.gather(*map(begun, nodes))
        http = {name: each.http for name, each in ports.items()}
        front = await begun(Part("balancer", partial(balancer, folder, door, http)))
        server = LiveKitServer(f"ws://127.0.0.1:{door}", "baton-local", front.program, secret)
        await until_it_answers(server)
        on_step(f"{len(nodes)} nodes of livekit-server answer, through a balancer")
        yield Cluster(server, nodes, redis, front)


@asynccontextmanager
async def _node(
    folder: Path, name: str, ports: Ports, secret: str, configuration: Mapping[str, object]
) -> AsyncIterator[Program]:
    async with livekit_server(folder, ports=ports, secret=secret, name=name, cluster=configuration) as server:
        yield server.program


def _configuration(name: str, redis_port: int) -> Mapping[str, object]:
    """Return the configuration that docs/nodes.md recommends for several nodes, and explains."""
    regions = [{"name": each, "lat": 0, "lon": 10 * place} for place, each in enumerate(NODES)]
    return {
        "redis": {"address": f"127.0.0.1:{redis_port}"},
        "region": name,
        "node_selector": {
            "kind": "regionaware",
            "regions": regions,
            "sort_by": "random",
            "sysload_limit": 1000,  # with less, a node that has just started would get all rooms
        },
        "signal_relay": {"connect_attempts": 2},
    }


def _last_entry(node: Part, room: str) -> str | None:
    """Return when the node last let a participant into this room, as its log writes it; None if never."""
    log = node.program.log.read_text(encoding="utf-8", errors="replace")
    entries = [line for line in log.splitlines() if "participant active" in line and f'"{room}"' in line]
    return entries[-1].partition("\t")[0] if entries else None
