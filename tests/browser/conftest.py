"""One stack with the operators' service, and one Chromium, for all of these tests.

`desk` is that stack's service, with real calls. `paper` is a service with a store of its own, for pages that
need rows but no sound: no worker sees those calls and tries to recover them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from local.chromium import check_livekit_client, chromium
from local.livekit.server import free_ports
from local.processes import left_behind
from local.scripted import SCRIPTS
from local.stack import Stack, local_stack, running_service, shown_link
from persistence.engines import migrate, open_store
from tests.browser.care_team import write_care_team
from tests.browser.console import Service, service_of
from tests.browser.paper import write_calls
from tests.support.night_desk import make_roster

LIMIT_MS = 40_000  # until a page shows what it should, on a busy machine
PORT = {"BATON_CONSOLE_PORT": "0"}
FOREIGN_PORT, UNLISTED_PORT = free_ports().http, free_ports().http
"""Ports of two web pages that have the call button: one's origin is listed, the other's is not."""
CALL_PAGE = {
    "BATON_CALL_PAGE_ORIGINS": f"http://127.0.0.1:{FOREIGN_PORT}",
    "BATON_CONSOLE_PROXIES": "127.0.0.1",  # X-Forwarded-For of callers counts
}


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    check_livekit_client()
    expect.set_options(timeout=LIMIT_MS)
    folder = tmp_path_factory.mktemp("browser")
    roster = folder / "roster"
    make_roster(roster)
    write_care_team(roster)
    # Callers here are silent while others act.
    settings = {"BATON_ROSTER_FOLDER": str(roster), "BATON_DEPARTURE_S": "6", "BATON_SILENCE_ASK_S": "60"}
    settings |= CALL_PAGE
    script = SCRIPTS / "acceptance.yaml"
    async with local_stack(
        folder, script=script, settings=settings, stand_in_always=True, service=True
    ) as running:
        yield running
    assert not left_behind(running.groups)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def desk(stack: Stack) -> Service:
    return await service_of(stack.console, stack.store)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def paper(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    folder = tmp_path_factory.mktemp("paper")
    url = f"sqlite:///{folder / 'baton.db'}"
    migrate(url)
    env = {**stack.env, **PORT, "BATON_STORE": url}
    async with open_store(url) as store:
        await write_calls(store)
    async with running_service(folder, env) as program:
        yield await service_of(shown_link(program), url)
