"""`baton roster`: the roles, who hands over to whom, the mistakes as a start prints them, and every field."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from agents.roster.fields import NEEDED, all_fields, tables
from agents.roster.role import RoleFields
from operators.cli import app

ROOT = Path(__file__).parents[3]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the roster in a folder whose name has a blank."""
    folder = tmp_path / "our roles"
    shutil.copytree(ROOT / "roster", folder)
    monkeypatch.setenv("BATON_ROSTER_FOLDER", str(folder))
    return folder


def roster(*words: str) -> Result:
    return CliRunner().invoke(app, ["roster", *words])


def test_roles_come_as_columns_where_the_output_is_piped(folder: Path) -> None:
    header, *rows = [line.split("\t") for line in roster().stdout.splitlines()]
    assert header[:4] == ["role", "name", "voice", "transfers_to"]
    assert rows[0] == [
        "billing",
        "the billing desk",
        "troy",
        "front-desk technical",
        "always",
        "{last_turns: 6}",
        "",
    ]
    assert [row[0] for row in rows if row[-1] == "yes"] == ["front-desk"]


def test_json_has_every_field_of_every_role_and_what_is_not_read(folder: Path) -> None:
    (folder / "README.txt").write_text("our roles", encoding="utf-8")
    (folder / "sales.txt").write_text("a role of the wrong ending", encoding="utf-8")
    told = json.loads(roster("--json").stdout)
    assert told["folder"] == str(folder)
    assert set(RoleFields.model_fields) <= set(told["roles"][0])
    assert told["not_read"] == ["sales.txt"]


def test_mistakes_come_as_the_start_prints_them(folder: Path) -> None:
    billing = folder / "billing.md"
    text = (
        billing.read_text(encoding="utf-8").replace("voice: troy", "voice: tory").replace("accepts", "acepts")
    )
    billing.write_text(text, encoding="utf-8")
    answer = roster()
    assert answer.exit_code == 2
    assert answer.stderr.splitlines() == [f"{billing}:8: unknown field 'acepts'; write accepts"]


def test_a_first_role_that_is_none_is_a_mistake(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATON_FIRST_ROLE", "sales")
    answer = roster()
    assert answer.exit_code == 2
    assert answer.stderr.startswith("BATON_FIRST_ROLE: unknown role 'sales'; use one of billing")


def test_every_field_is_told_with_meaning_and_default() -> None:
    fields = {(field.file, field.name): field for field in all_fields()}
    assert {name for file, name in fields if file == "ROLE.md"} >= {"role", "name", "accepts"}
    assert fields["ROLE.md", "accepts"].default == "always"
    assert fields["house.md", "lines.hold"].default == NEEDED
    assert all(field.meaning for field in fields.values())
    printed = roster("--fields").stdout.splitlines()
    assert len(printed) == 1 + len(fields)


def test_the_fields_page_is_the_models_own() -> None:
    page = (ROOT / "docs" / "roster.md").read_text(encoding="utf-8")
    assert page.endswith(tables()), "replace its tables with those of python -m agents.roster.fields"
