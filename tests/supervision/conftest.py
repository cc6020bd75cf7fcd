"""One stack with a role that a person plays; the worker serves its queue."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from local.processes import left_behind
from local.scripted import SCRIPTS
from local.stack import Stack, local_stack
from tests.browser.care_team import write_care_team
from tests.support.night_desk import make_roster


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    folder = tmp_path_factory.mktemp("supervision")
    roster = folder / "roster"
    make_roster(roster)
    write_care_team(roster)
    # Callers are silent while others act.
    settings = {"BATON_ROSTER_FOLDER": str(roster), "BATON_DEPARTURE_S": "2", "BATON_SILENCE_ASK_S": "60"}
    script = SCRIPTS / "acceptance.yaml"
    async with local_stack(folder, script=script, settings=settings, stand_in_always=True) as running:
        yield running
    assert not left_behind(running.groups)
