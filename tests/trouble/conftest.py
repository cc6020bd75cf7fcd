"""Stacks of their own, for tests that kill Groq or fill the store's disk."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from agents.roster.roster import load_roster
from agents.roster.shared_prompts import HouseLines
from local.scripted import SCRIPTS
from local.shorter_roster import make_roster
from local.stack import Stack
from settings import GroqSettings
from tests.trouble.mortal import MortalGroq, mortal_stack

HOLD_S = 45.0


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def mortal(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Stack, MortalGroq]]:
    folder = tmp_path_factory.mktemp("mortal")
    settings = {
        "BATON_ROSTER_FOLDER": str(make_roster(folder / "roster")),
        "BATON_DEPARTURE_S": "2",
        "BATON_SILENCE_ASK_S": "8",
        "BATON_TROUBLE_HOLD_S": str(HOLD_S),
    }
    async with mortal_stack(folder, script=SCRIPTS / "acceptance.yaml", settings=settings) as running:
        yield running


@pytest.fixture
def stack(mortal: tuple[Stack, MortalGroq]) -> Stack:
    return mortal[0]


@pytest.fixture
def groq(mortal: tuple[Stack, MortalGroq]) -> MortalGroq:
    return mortal[1]


@pytest.fixture
def lines(stack: Stack) -> HouseLines:
    folder = Path(stack.env["BATON_ROSTER_FOLDER"])
    return load_roster(folder, voices=GroqSettings.model_construct().voices.split()).house.lines
