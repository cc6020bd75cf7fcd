"""What a worker says of each bad input before it takes any call: one line, exit code 2."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
import pytest_asyncio

from local.groq_standin import StandIn
from local.livekit.server import LiveKitServer
from tests.start.bad_inputs import BAD, Spoil, Workshop
from tests.start.starting import PROJECT, Outcome, start

pytestmark = pytest.mark.asyncio(loop_scope="session")

AT_ONCE = 2  # the import of the worker takes a core for seconds

Starts = Mapping[str, asyncio.Task[tuple[Path, Outcome]]]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def starts(
    livekit: LiveKitServer, stand_in: StandIn, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Starts]:
    """All of them, begun at once, a few at a time; each test waits for its own."""
    some = asyncio.Semaphore(AT_ONCE)

    async def one(spoil: Spoil) -> tuple[Path, Outcome]:
        async with some:
            folder = tmp_path_factory.mktemp("bad")
            shop = Workshop(folder, all_well(livekit, stand_in, folder))
            await asyncio.to_thread(shutil.copytree, PROJECT / "roster", folder / "roster")
            await asyncio.to_thread(spoil, shop)
            return folder, await start(folder, shop.env)

    tasks = {name: asyncio.create_task(one(spoil)) for name, (spoil, _) in BAD.items()}
    yield tasks
    for task in tasks.values():
        task.cancel()
    await asyncio.gather(*tasks.values(), return_exceptions=True)


def all_well(livekit: LiveKitServer, stand_in: StandIn, folder: Path) -> dict[str, str]:
    return {
        **livekit.env,
        "GROQ_BASE_URL": stand_in.url,
        "GROQ_API_KEY": stand_in.key,
        "BATON_HEALTH_PORT": "0",
        "BATON_ROSTER_FOLDER": str(folder / "roster"),
        "BATON_STORE": f"sqlite:///{folder / 'baton.db'}",
        "BATON_LINES_FOLDER": str(folder / "lines"),
    }


@pytest.mark.parametrize("name", BAD)
async def test_bad_input_is_said_in_one_line_before_any_call(
    starts: Starts, livekit: LiveKitServer, name: str
) -> None:
    folder, ended = await starts[name]
    said = str(BAD[name][1]).replace("{folder}", str(folder))
    assert ended.errors == [f"baton: {said.replace('{taken}', livekit.url.rpartition(':')[2])}"]
    assert ended.code == 2
    assert "registered worker" not in ended.log
    assert [entry for entry in map(json.loads, ended.log.splitlines()) if entry["level"] == "ERROR"] == []
