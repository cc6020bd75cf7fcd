"""One stack with a worker and the operators' service, for people at desks without a browser.

In most tests Mia is alone; if Ben is there too, either may take a call.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from local.desk.care_team import write_care_team
from local.processes import left_behind
from local.scripted import SCRIPTS
from local.stack import Stack, local_stack
from tests.cared.floor import BEN, MIA, RINGS_S, Floor, write_experts
from tests.support.night_desk import make_roster


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cared")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stack(folder: Path) -> AsyncIterator[Stack]:
    roster = folder / "roster"
    make_roster(roster)
    write_care_team(roster, [MIA, BEN], rings_s=RINGS_S, otherwise="message")
    write_experts(roster)
    settings = {
        "BATON_ROSTER_FOLDER": str(roster),
        "BATON_DEPARTURE_S": "2",
        "BATON_SILENCE_ASK_S": "60",  # callers only listen
        "BATON_IDLE_PROCESSES": "3",
    }
    async with local_stack(
        folder,
        script=SCRIPTS / "acceptance.yaml",
        settings=settings,
        stand_in_always=True,
        service=True,
    ) as running:
        yield running
    assert not left_behind(running.groups)


@pytest.fixture
def floor(stack: Stack, tmp_path: Path) -> Floor:
    return Floor(stack, tmp_path)
