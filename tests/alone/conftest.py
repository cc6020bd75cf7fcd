"""One stack for tests that measure times, which run with nothing beside them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from local.processes import left_behind
from local.scripted import SCRIPTS
from local.stack import Stack, local_stack
from tests.support.night_desk import make_roster


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    folder = tmp_path_factory.mktemp("alone")
    roster = folder / "roster"
    make_roster(roster)
    settings = {"BATON_ROSTER_FOLDER": str(roster)}
    script = SCRIPTS / "acceptance.yaml"
    async with local_stack(folder, script=script, settings=settings, stand_in_always=True) as running:
        yield running
    assert not left_behind(running.groups)
