"""Stacks of their own, for tests that kill Groq or fill the store's disk."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from agents.roster.roster import load_roster
from agents.roster.shared_prompts import HouseLines
from local.scripted import SCRIPTS
from local.stack import Stack
from settings import GroqSettings
from tests.trouble.mortal import MortalGroq, mortal_stack

PROJECT = Path(__file__).parents[2]
HOLD_S = 45.0

SHORTER = {
    "front-desk.md": {"greeting": "Hello, Brightwave."},
    "billing.md": {"opening": "This is the billing desk. I understand that {matter}."},
    "house.md": {
        "one_moment": "One moment.",
        "trouble": "Pardon?",
        "trouble_offer": "Stay with me, or hang up and be called back.",
        "trouble_held": "It is not working yet.",
        "trouble_still_held": "Still nothing.",
        "trouble_over": "It works again.",
        "trouble_goodbye": "We will call you back. Goodbye.",
    },
}
"""Shorter lines, by file, so that calls take less time."""


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def mortal(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Stack, MortalGroq]]:
    folder = tmp_path_factory.mktemp("mortal")
    settings = {
        "BATON_ROSTER_FOLDER": str(short_roster(folder)),
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


def short_roster(folder: Path) -> Path:
    """The project's own roles, with lines cut short."""
    roster = folder / "roster"
    shutil.copytree(PROJECT / "roster", roster)
    for name, lines in SHORTER.items():
        path = roster / name
        text = path.read_text(encoding="utf-8")
        for line, words in lines.items():
            text, found = re.subn(rf"(?m)^( *){line}: .*$", rf'\1{line}: "{words}"', text)
            assert found == 1, f"{path}: one line named {line}"
        path.write_text(text, encoding="utf-8")
    return roster
