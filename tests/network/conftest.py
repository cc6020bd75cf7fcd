"""One network for these tests: hosts for a livekit-server, and for agents with a stand-in for Groq."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from local.livekit.server import Host, LiveKitServer
from local.processes import Program, left_behind, running
from local.scripted import SCRIPTS
from local.stack import Stack, registered_and_warm
from tests.network.hosts import ADDRESSES, INTERFACE, Hosts, NoHosts, hosts
from tests.network.server import Server
from tests.support.night_desk import make_roster

_START_LIMIT_S = 60.0


@pytest.fixture(scope="session")
def network() -> Iterator[Hosts]:
    try:
        with hosts() as laid:
            yield laid
    except NoHosts as missing:
        pytest.fail(str(missing), pytrace=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def server(network: Hosts, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    host = Host(ADDRESSES["server"], INTERFACE, network.within("server"))
    server = Server(tmp_path_factory.mktemp("server"), host)
    await server.start()
    try:
        yield server
    finally:
        await server.end()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stack(
    network: Hosts, server: Server, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Stack]:
    folder = tmp_path_factory.mktemp("network")
    make_roster(folder / "roster")
    async with _agents(network, folder, server.now) as running_stack:
        yield running_stack
    assert not left_behind(running_stack.groups[1:])


@asynccontextmanager
async def _agents(network: Hosts, folder: Path, livekit: LiveKitServer) -> AsyncIterator[Stack]:
    async with _stand_in(network, folder) as stand_in:
        env = {
            **livekit.env,
            "LIVEKIT_ALLOW_PLAIN": "true",  # the hosts are namespaces of this machine
            "GROQ_ALLOW_PLAIN": "true",
            "GROQ_BASE_URL": json.loads(stand_in.lines[-1])["url"],
            "GROQ_API_KEY": "stand-in",
            "BATON_STORE": f"sqlite:///{folder / 'baton.db'}",
            "BATON_LINES_FOLDER": str(folder / "lines"),
            "BATON_ROSTER_FOLDER": str(folder / "roster"),
            "BATON_HEALTH_PORT": "0",
            "BATON_DRAIN_LIMIT_S": "5",
            "BATON_IDLE_PROCESSES": "2",
        }
        async with running(
            "the worker",
            [*network.within("agents"), sys.executable, "-m", "livekit.agents", "start", "worker.py"],
            env=env,
            log=folder / "worker.log",
            ready=registered_and_warm(2),
            limit_s=_START_LIMIT_S,
        ) as worker:
            programs = (livekit.program, stand_in, worker)
            yield Stack(livekit, "stand-in", worker, env, env["BATON_STORE"], programs)


@asynccontextmanager
async def _stand_in(network: Hosts, folder: Path) -> AsyncIterator[Program]:
    script = SCRIPTS / "acceptance.yaml"
    async with running(
        "the stand-in for Groq",
        [*network.within("agents"), sys.executable, "-m", "local.groq_standin", "--script", str(script)],
        env={},
        log=folder / "stand-in.log",
        ready=lambda line: line.startswith('{"url"'),
        limit_s=_START_LIMIT_S,
    ) as program:
        yield program
