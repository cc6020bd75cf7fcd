"""A roster that changes while a process waits for its call: which changes are taken, and which are not."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import pytest

from agents.process.roster_changes import ChangingRoster
from agents.roster.roster import Roster, load_roster
from agents.tools.trying import tried
from errors import BadInput
from persistence.records import RoleName
from tests.unit.agents.roster.spoilt import VOICES, without_own_tools

TOOL = 'from rates import RATE\n\n\nasync def rate() -> str:\n    """Tells the rate."""\n    return RATE\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "path", [*sys.path])  # a process has one roster, and not one for each test
    monkeypatch.delitem(sys.modules, "rates", raising=False)
    folder = tmp_path / "roster"
    without_own_tools(folder)
    (folder / "tools").mkdir()
    (folder / "tools" / "rate.py").write_text(TOOL, encoding="utf-8")
    (folder / "tools" / "rates.py").write_text('RATE = "two"\n', encoding="utf-8")
    path = folder / "billing.md"
    text = path.read_text(encoding="utf-8")
    tools = "tools:\n  - python: tools/rate.py:rate\naccepts: always"
    path.write_text(text.replace("accepts: always", tools), encoding="utf-8")
    load_roster(folder, voices=VOICES)
    return folder


def changing(folder: Path) -> ChangingRoster:
    return ChangingRoster(folder, folder.parent / "copies", VOICES)


async def rate_of(roster: Roster | None) -> str:
    assert roster is not None
    (tool,) = roster.role(RoleName("billing")).own_tools
    return (await tried(tool, {})).answer


def test_a_roster_that_is_as_before_is_not_read_again(folder: Path) -> None:
    assert changing(folder).changed(changing(folder).state()) is None


async def test_a_changed_tool_is_taken_with_what_it_imports(folder: Path) -> None:
    before = changing(folder).state()
    (folder / "tools" / "rates.py").write_text('RATE = "six"\n', encoding="utf-8")
    assert await rate_of(changing(folder).changed(before)) == "six"


async def test_a_change_with_a_mistake_is_told_and_the_last_one_without_is_used(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(BadInput):
        broken(folder).latest()
    repaired = folder / "tools" / "rate.py"
    repaired.write_text(TOOL, encoding="utf-8")
    (folder / "tools" / "rates.py").write_text('RATE = "three"\n', encoding="utf-8")
    assert await rate_of(changing(folder).latest()) == "three"
    (folder / "tools" / "rates.py").write_text('RATE = "four"\n', encoding="utf-8")
    with caplog.at_level(logging.WARNING):
        assert await rate_of(broken(folder).latest()) == "three"
    assert "billing.md:9: tools/rate.py cannot be loaded (SyntaxError" in str(vars(caplog.records[0])["why"])
    repaired.write_text(TOOL, encoding="utf-8")
    assert await rate_of(changing(folder).latest()) == "four"


def broken(folder: Path) -> ChangingRoster:
    (folder / "tools" / "rate.py").write_text("async def rate(\n", encoding="utf-8")
    return changing(folder)
