"""The worker's health page over HTTP, and what the doctor makes of it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from agents.worker.health_server import HealthServer
from errors import OutOfReach
from operators.doctor.checks import check_worker
from readiness import Readiness
from settings import Settings

AWAY = OutOfReach("LIVEKIT_URL", "nobody answers at ws://there", "start it there")
ABOUT = {"agent_name": "baton", "sdk_version": "1", "active_jobs": 3}


@pytest.fixture
def readiness() -> Readiness:
    return Readiness(["livekit-server"], tell=lambda _: None)


@pytest.fixture
async def server(readiness: Readiness) -> AsyncIterator[HealthServer]:
    running = HealthServer(0, readiness, lambda: ABOUT)
    await running.start()
    await running.start()  # as an AgentServer does, once it runs
    yield running
    await running.aclose()


async def page(server: HealthServer, path: str) -> tuple[int, str]:
    address = f"http://127.0.0.1:{server.port}{path}"
    async with aiohttp.ClientSession() as session, session.get(address) as answer:
        return answer.status, await answer.text()


@pytest.mark.parametrize("path", ["/", "/health"])
async def test_it_says_why_the_worker_takes_no_calls(
    server: HealthServer, readiness: Readiness, path: str
) -> None:
    assert await page(server, path) == (503, "not ready: livekit-server is not ready yet")
    readiness.missing("livekit-server", AWAY)
    assert await page(server, path) == (503, f"not ready: {AWAY}")
    readiness.found("livekit-server")
    assert await page(server, path) == (200, "OK")
    readiness.missing("livekit-server", AWAY)
    assert (await page(server, path))[0] == 503


async def test_doctor_tells_what_the_worker_waits_for(
    server: HealthServer, readiness: Readiness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BATON_HEALTH_PORT", str(server.port))
    readiness.missing("livekit-server", AWAY)
    with pytest.raises(OutOfReach, match=r"takes no calls yet; not ready: LIVEKIT_URL: nobody answers"):
        await check_worker(Settings())
    readiness.found("livekit-server")
    assert await check_worker(Settings()) == "baton runs, with 3 calls"
