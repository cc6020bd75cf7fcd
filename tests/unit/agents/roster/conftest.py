from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.agents.roster.spoilt import without_own_tools


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of Baton's roster to spoil, in the current folder."""
    monkeypatch.chdir(tmp_path)
    without_own_tools(tmp_path / "roster")
    return Path("roster")
