"""The roster of `make dev`: the project's, and a team of people."""

from __future__ import annotations

import shutil
from pathlib import Path

from agents.roster.roster import load_roster
from local.dev_roster import ROLE, add_service_team, may_have_one
from settings import GroqSettings

ROSTER = Path(__file__).parents[3] / "roster"


def test_the_front_desk_hands_over_to_a_team_of_people_and_all_else_is_the_projects(tmp_path: Path) -> None:
    assert may_have_one(ROSTER)
    folder = add_service_team(ROSTER, tmp_path / "roster")
    voices = GroqSettings.model_construct().voices.split()
    ours, with_team = load_roster(ROSTER, voices=voices), load_roster(folder, voices=voices)
    assert set(with_team.names) - set(ours.names) == {ROLE}
    first = with_team.role("front-desk")
    assert ROLE in first.transfers_to
    assert ROLE in first.instructions
    assert with_team.role(ROLE).desk is not None
    assert with_team.role("billing").instructions == ours.role("billing").instructions


def test_a_changed_role_is_taken_over_and_the_team_stays(tmp_path: Path) -> None:
    roster, folder = tmp_path / "roster", tmp_path / "with-team"
    shutil.copytree(ROSTER, roster)
    add_service_team(roster, folder)
    first = roster / "front-desk.md"
    first.write_text(first.read_text(encoding="utf-8").replace("Hello, and welcome", "Good morning"))
    add_service_team(roster, folder)
    written = (folder / "front-desk.md").read_text(encoding="utf-8")
    assert "Good morning" in written
    assert written.count("our service team") == 1


def test_a_roster_with_people_or_without_a_front_desk_stays_as_it_is(tmp_path: Path) -> None:
    assert not may_have_one(tmp_path)
    shutil.copy(ROSTER / "front-desk.md", tmp_path)
    assert may_have_one(tmp_path)
    (tmp_path / "people.md").write_text("---\npeople: []\n---\n")
    assert not may_have_one(tmp_path)
