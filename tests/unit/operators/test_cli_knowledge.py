"""`baton knowledge try`: what a role would be given for a question."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from operators.cli import app

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Baton's roster, in which billing has documents."""
    folder = tmp_path / "roster"
    shutil.copytree(ROOT / "roster", folder)
    billing = folder / "billing.md"
    text = billing.read_text(encoding="utf-8").replace("accepts:", "knowledge: answers/\naccepts:")
    billing.write_text(text, encoding="utf-8")
    (folder / "answers").mkdir()
    for name, text in {
        "refunds": "# Refunds\n\nWithin five days.",
        "hours": "# Hours\nEight to eight.\n# On Sundays\nNone.",
    }.items():
        (folder / "answers" / f"{name}.md").write_text(f"{text}\n", encoding="utf-8")
    monkeypatch.setenv("BATON_ROSTER_FOLDER", str(folder))
    return folder


def tried(*words: str) -> Result:
    return CliRunner().invoke(app, ["knowledge", "try", *words])


def test_passages_come_with_score_source_and_place(folder: Path) -> None:
    title, text = tried("billing", "how do I get my money back").stdout.splitlines()
    assert title.split()[1:] == ["refunds.md", "›", "Refunds", f"{folder}/answers/refunds.md:3"]
    assert float(title.split()[0]) > 0
    assert text.strip() == "Within five days."


def test_json_has_the_same_for_scripts(folder: Path) -> None:
    (found,) = json.loads(tried("billing", "refunds", "--json").stdout)
    assert found.pop("score") > 0
    assert found == {
        "source": "refunds.md › Refunds",
        "place": f"{folder}/answers/refunds.md:3",
        "text": "Within five days.",
    }


def test_finding_nothing_is_said_and_is_no_failure() -> None:
    answer = tried("billing", "zebra")
    assert (answer.exit_code, answer.stdout) == (0, "")
    assert "has a word of this question" in answer.stderr


@pytest.mark.parametrize(
    ("role", "told"),
    [
        ("technical", "ROLE: technical has no documents; try billing"),
        ("sales", "ROLE: unknown role 'sales'; use one of billing, front-desk, technical"),
    ],
)
def test_a_role_without_documents_is_bad_input(role: str, told: str) -> None:
    answer = tried(role, "refunds")
    assert (answer.exit_code, answer.stderr.strip()) == (2, told)
