"""Two LiveKit nodes with one Redis behind a balancer; a worker and callers who signal through it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from local.fleet.cluster import Cluster, cluster
from local.processes import left_behind
from local.scripted import SCRIPTS
from local.shorter_roster import make_roster
from local.stack import Stack, local_servers, running_worker


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("nodes")
    make_roster(made / "roster")
    return made


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_cluster(folder: Path) -> AsyncIterator[Cluster]:
    async with cluster(folder) as running:
        yield running
    assert not left_behind([part.program.pid for part in running.parts])


@pytest_asyncio.fixture(loop_scope="session")
async def fleet(shared_cluster: Cluster) -> Cluster:
    """The cluster with all its parts running, whatever the previous test killed."""
    await shared_cluster.mend()
    return shared_cluster


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stack(shared_cluster: Cluster, folder: Path) -> AsyncIterator[Stack]:
    settings = {"BATON_ROSTER_FOLDER": str(folder / "roster")}
    script = SCRIPTS / "recovery.yaml"
    async with (
        local_servers(
            folder, script=script, settings=settings, stand_in_always=True, livekit=shared_cluster.livekit
        ) as servers,
        running_worker(folder, servers.env) as worker,
    ):
        programs = (*servers.programs, worker)
        yield Stack(servers.livekit, servers.groq, worker, servers.env, servers.env["BATON_STORE"], programs)
