"""Shared servers, a shared worker whose call processes tests kill, and workers for single tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio

from agents.roster.roster import load_roster
from agents.roster.shared_prompts import HouseLines
from local.processes import Program, left_behind
from local.scripted import SCRIPTS
from local.shorter_roster import make_roster
from local.stack import Servers, Stack, local_servers, running_worker
from persistence.engines import migrate
from settings import GroqSettings
from tests.support.conversation import DEPARTURE_S

StartWorker = Callable[..., AbstractAsyncContextManager[Stack]]
"""Starts a worker for one test, with extra settings, on the shared servers."""


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("recovery")
    make_roster(made / "roster")
    return made


@pytest.fixture(scope="session")
def lines(folder: Path) -> HouseLines:
    voices = GroqSettings.model_construct().voices.split()
    return load_roster(folder / "roster", voices=voices).house.lines


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def servers(folder: Path) -> AsyncIterator[Servers]:
    settings = {"BATON_ROSTER_FOLDER": str(folder / "roster"), "BATON_DEPARTURE_S": str(DEPARTURE_S)}
    script = SCRIPTS / "recovery.yaml"
    async with local_servers(folder, script=script, settings=settings, stand_in_always=True) as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stack(servers: Servers, folder: Path) -> AsyncIterator[Stack]:
    """A stack for tests that kill calls' processes but not the worker."""
    async with running_worker(folder, servers.env) as worker:
        yield stack_of(servers, servers.env, worker)
    assert not left_behind([worker.pid])


@pytest.fixture
def start_worker(servers: Servers, tmp_path: Path) -> StartWorker:
    """Starts workers for one test, with a name and a store of their own."""
    store = f"sqlite:///{tmp_path / 'baton.db'}"
    migrate(store)
    env = {
        **servers.env,
        "BATON_AGENT_NAME": f"baton-{uuid4().hex[:8]}",
        "BATON_STORE": store,
        "BATON_HEALTH_PORT": "0",
        "BATON_SILENCE_ASK_S": "120",  # the caller is silent while another worker starts
    }

    @asynccontextmanager
    async def start(name: str, **settings: str) -> AsyncIterator[Stack]:
        async with running_worker(tmp_path, {**env, **settings}, name) as worker:
            yield stack_of(servers, {**env, **settings}, worker)

    return start


def stack_of(servers: Servers, env: Mapping[str, str], worker: Program) -> Stack:
    programs = (*servers.programs, worker)
    return Stack(servers.livekit, servers.groq, worker, env, env["BATON_STORE"], programs)
