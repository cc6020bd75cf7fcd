"""One stack for all of these tests: a livekit-server, the stand-in for Groq, and a worker, as in the demo."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
import yaml

from local.processes import left_behind
from local.stack import SCRIPTS, Stack, local_stack
from tests.acceptance.conversation import DEPARTURE_S
from tests.acceptance.recording import Recording, record
from tests.fault_report import FaultReport

PROJECT = Path(__file__).parents[2]
EVERYBODY = "give me everybody you have"
HUNDREDS = 300

SHORTER = {
    "house.md": {
        "hold": "Please stay with me, I am getting {target}.",
        "introduction": "I have {target} with us now.",
        "declined": "I am sorry, {target} cannot take this one.",
    },
    "front-desk.md": {
        "greeting": "Hello, how can I help you?",
        "opening": "You are back at the front desk. I understand that {matter}.",
    },
    "billing.md": {"opening": "This is the billing desk. I understand that {matter}."},
    "technical.md": {"opening": "This is the technical desk. I understand that {matter}."},
}
"""Lines by file, for calls that take less time: a test waits until they are spoken."""

NIGHT_DESK = """---
role: night-desk
name: the night desk
voice: autumn
greeting: "Good evening. How can I help you?"
opening: "This is the night desk. I understand that {matter}."
transfers_to: [technical]
---
You are the night desk: when a caller needs technical, hand over.
"""
"""A role with one target, so that a target that declines is the last one."""


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    folder = tmp_path_factory.mktemp("acceptance")
    roster = folder / "roster"
    make_roster(roster)
    settings = {"BATON_ROSTER_FOLDER": str(roster), "BATON_DEPARTURE_S": str(DEPARTURE_S)}
    script = script_in(folder)
    async with local_stack(folder, script=script, settings=settings, stand_in_always=True) as running:
        yield running
    assert not left_behind(running.groups)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def recorded(stack: Stack) -> Recording:
    return await record(stack)


@pytest.fixture
def recording(recorded: Recording, stack: Stack, fault_report: FaultReport) -> Recording:
    """The one recording, told of by every test that looks at it."""
    fault_report.call(stack, recorded.room, recorded.caller)
    return recorded


def make_roster(folder: Path) -> None:
    """The project's own roles with shorter lines, and one more."""
    shutil.copytree(PROJECT / "roster", folder)
    for name, lines in SHORTER.items():
        file = folder / name
        text = file.read_text(encoding="utf-8")
        for line, words in lines.items():
            text, found = re.subn(rf'^( *{line}): ".*"$', rf'\1: "{words}"', text, flags=re.MULTILINE)
            assert found == 1, f"{file}: one line named {line}"
        file.write_text(text, encoding="utf-8")
    (folder / "night-desk.md").write_text(NIGHT_DESK, encoding="utf-8")


def script_in(folder: Path) -> Path:
    """The script of these tests, with an answer in which the model has lost all measure."""
    script = yaml.safe_load((SCRIPTS / "acceptance.yaml").read_text(encoding="utf-8"))
    calls = [
        {"name": "transfer_call", "arguments": {"target": target, "reason": "you want everybody"}}
        for _ in range(HUNDREDS // 2)
        for target in ("billing", "technical")
    ]
    script["roles"]["front-desk"]["exchanges"].append({"heard": EVERYBODY, "call": calls})
    path = folder / "script.yaml"
    path.write_text(yaml.safe_dump(script, allow_unicode=True), encoding="utf-8")
    return path
