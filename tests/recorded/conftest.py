"""A stack whose worker records every caller who stays on the line."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from cryptography.fernet import Fernet

from local.processes import left_behind
from local.scripted import SCRIPTS
from local.shorter_roster import make_roster
from local.stack import Stack, local_stack
from tests.support.conversation import DEPARTURE_S


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("recorded")
    make_roster(made / "roster")
    key = made / "recording.keys"
    key.touch(0o600)
    key.write_bytes(Fernet.generate_key())
    return made


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stack(folder: Path) -> AsyncIterator[Stack]:
    settings = {
        "BATON_ROSTER_FOLDER": str(folder / "roster"),
        "BATON_DEPARTURE_S": str(DEPARTURE_S),
        "BATON_RECORDING_FOLDER": str(folder / "recordings"),
        "BATON_RECORDING_KEY_FILE": str(folder / "recording.keys"),
        "BATON_CALLS_AT_ONCE": "4",
    }
    script = SCRIPTS / "recovery.yaml"
    async with local_stack(folder, script=script, settings=settings, stand_in_always=True) as running:
        yield running
    assert not left_behind(running.groups)
