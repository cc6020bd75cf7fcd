"""One stack with the operators' service; operators act through HTTP only."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from local.processes import left_behind
from local.scripted import SCRIPTS
from local.stack import Stack, local_stack
from tests.api_live.desk import Desk, desk_of
from tests.support.night_desk import make_roster


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    folder = tmp_path_factory.mktemp("api")
    roster = folder / "roster"
    make_roster(roster)
    settings = {
        "BATON_ROSTER_FOLDER": str(roster),
        "BATON_DEPARTURE_S": "2",
        "BATON_SILENCE_ASK_S": "60",  # callers only listen, even while a service starts
    }
    script = SCRIPTS / "acceptance.yaml"
    async with local_stack(
        folder, script=script, settings=settings, stand_in_always=True, service=True
    ) as running:
        yield running
    assert not left_behind(running.groups)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def desk(stack: Stack) -> AsyncIterator[Desk]:
    async with desk_of(stack.console, stack.store) as opened:
        yield opened
