"""One stack for all of these tests, and a second worker with short limits."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
import yaml

from agents.roster.roster import Roster, load_roster
from agents.roster.shared_prompts import HouseLines
from local.scripted import SCRIPTS
from local.shorter_roster import make_roster
from local.stack import Stack, local_stack, running_worker
from settings import GroqSettings
from tests.life.hasty import Hasty
from tests.support.reading_along import reading_along

TRAP = Path(__file__).parent / "trap"
STORY = "read me the whole contract"
STORY_CHARACTERS = 10_000
GO_ON = "yes please go on"


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    folder = tmp_path_factory.mktemp("life")
    settings = {
        "BATON_DEPARTURE_S": "5",
        "BATON_TURN_TAKING": "patient",  # a pause may be long enough for a reply to be prepared during it
        "BATON_ROSTER_FOLDER": str(make_roster(folder / "roster")),
    }
    script = script_in(folder)
    async with local_stack(folder, script=script, settings=settings, stand_in_always=True) as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def hasty(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Hasty]:
    """A worker that reaches Groq through our proxy and logs every address it connects to."""
    folder = tmp_path_factory.mktemp("hasty")
    addresses = folder / "addresses"
    async with reading_along(stack.groq) as reader:
        env = {
            **stack.env,
            "GROQ_BASE_URL": reader.url,
            "BATON_AGENT_NAME": "hasty",
            "BATON_HEALTH_PORT": "0",
            "BATON_CALLER_WAIT_S": "2",
            "BATON_SILENCE_ASK_S": "3",
            "BATON_SILENCE_END_S": "2",
            "BATON_LONGEST_CALL_S": "18",
            "BATON_DEPARTURE_S": "2",
            "PYTHONPATH": os.pathsep.join([str(TRAP), os.environ.get("PYTHONPATH", "")]),
            "ADDRESSES": str(addresses),
        }
        async with running_worker(folder, env, "hasty worker") as worker:
            yield Hasty(replace(stack, worker=worker, env=env), reader, addresses)


@pytest.fixture(scope="session")
def roster(stack: Stack) -> Roster:
    folder = Path(stack.env["BATON_ROSTER_FOLDER"])
    return load_roster(folder, voices=GroqSettings.model_construct().voices.split())


@pytest.fixture(scope="session")
def lines(roster: Roster) -> HouseLines:
    return roster.house.lines


def script_in(folder: Path) -> Path:
    """Writes these tests' script, with a very long reply."""
    script = yaml.safe_load((SCRIPTS / "life.yaml").read_text(encoding="utf-8"))
    story = ("And so on, and so forth. " * STORY_CHARACTERS)[:STORY_CHARACTERS]
    exchanges = [{"heard": STORY, "say": story}, {"heard": GO_ON, "say": "The model was asked."}]
    script["roles"]["front-desk"]["exchanges"] += exchanges
    path = folder / "script.yaml"
    path.write_text(yaml.safe_dump(script, allow_unicode=True), encoding="utf-8")
    return path
