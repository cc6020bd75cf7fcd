"""A running stand-in, and the real client that talks to it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from groq import AsyncGroq

from local.groq_standin import Script, StandIn, load_script, standin

DEMO = Path(__file__).parents[2] / "local" / "scripts" / "demo.yaml"


@pytest.fixture(scope="session")
def script() -> Script:
    return load_script(DEMO)


@pytest.fixture
async def server(script: Script) -> AsyncIterator[StandIn]:
    async with standin(script) as running:
        yield running


@pytest.fixture
async def groq(server: StandIn) -> AsyncIterator[AsyncGroq]:
    async with AsyncGroq(api_key=server.key, base_url=server.url, max_retries=0, timeout=5) as client:
        yield client
