"""One real livekit-server for all tests here; each test has a room of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import pytest
from anyio.from_thread import start_blocking_portal
from livekit import api as livekit_api

from local.livekit.server import LiveKitServer, livekit_server


@pytest.fixture(scope="session")
def livekit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveKitServer]:
    """Runs the server in a loop with a thread of its own, as a test's loop ends with its test."""
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(livekit_server(tmp_path_factory.mktemp("livekit"))) as server,
    ):
        yield server


@pytest.fixture
def room_name(request: pytest.FixtureRequest) -> str:
    return f"{request.node.name[:40]}-{uuid4()}"


@pytest.fixture
async def api(livekit: LiveKitServer) -> AsyncIterator[livekit_api.LiveKitAPI]:
    """The server's own API, with the right key."""
    async with livekit_api.LiveKitAPI(livekit.url, livekit.api_key, livekit.api_secret) as opened:
        yield opened
