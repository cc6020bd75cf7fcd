"""A healthy livekit-server and stand-in for Groq, for workers with bad input."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from local.groq_standin import StandIn, load_script, standin
from local.livekit.server import LiveKitServer, livekit_server
from local.scripted import DEMO


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def livekit(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LiveKitServer]:
    async with livekit_server(tmp_path_factory.mktemp("start")) as server:
        yield server


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stand_in() -> AsyncIterator[StandIn]:
    async with standin(load_script(DEMO)) as running:
        yield running
