"""A role's `knowledge`: its mistakes are reported with the roster's others."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from agents.knowledge.folder import LARGEST_BYTES
from agents.roster.roster import load_roster
from errors import BadInput

ROSTER = Path(__file__).parents[4] / "roster"
VOICES = ("hannah", "daniel", "troy")
Names = Callable[[str], None]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of Baton's roster, with a folder of documents."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROSTER, tmp_path / "roster")
    answers = Path("roster/answers")
    (answers / "money").mkdir(parents=True)
    (answers / "money" / "refunds.md").write_text("# Refunds\nWithin five days.\n", encoding="utf-8")
    (answers / "logo.png").write_bytes(b"\x89PNG")
    (answers / ".draft.md").write_bytes(b"\xff")
    return Path("roster")


@pytest.fixture
def names(folder: Path) -> Names:
    """Return a function that has billing's file name a folder, in line 7."""

    def write(knowledge: str) -> None:
        billing = folder / "billing.md"
        text = billing.read_text(encoding="utf-8").replace(
            "transfers_to:", f"knowledge: {knowledge}\ntransfers_to:"
        )
        billing.write_text(text, encoding="utf-8")

    return write


def mistakes(folder: Path) -> list[str]:
    with pytest.raises(BadInput) as refused:
        load_roster(folder, voices=VOICES)
    return str(refused.value).split("\n")


def test_a_role_with_documents_is_told_to_answer_from_them(folder: Path, names: Names) -> None:
    names("answers/")
    roster = load_roster(folder, voices=VOICES)
    billing, front_desk = roster.role("billing"), roster.role("front-desk")
    assert billing.documents == Path("roster/answers")
    assert billing.instructions.endswith(roster.house.notes.knowledge)
    assert front_desk.documents is None
    assert roster.house.notes.knowledge not in front_desk.instructions


@pytest.mark.parametrize(
    ("knowledge", "told"),
    [
        ("answer/", "knowledge names 'answer/', and there is no such folder; write answers"),
        (
            "manuals",
            "knowledge names 'manuals', and there is no such folder; make it, or write the name of a",
        ),
        (
            "../elsewhere",
            "knowledge names '../elsewhere', which is no folder inside the roster's; put the doc",
        ),
        (
            "/etc",
            "knowledge names '/etc', which is no folder inside the roster's; put the documents into a f",
        ),
        (
            ".",
            "knowledge names '.', which is no folder inside the roster's; put the documents into a folder o",
        ),
        (
            "house.md",
            "knowledge names 'house.md', and there is no such folder; make it, or write the name of ",
        ),
    ],
)
def test_a_folder_that_cannot_be_one(folder: Path, names: Names, knowledge: str, told: str) -> None:
    names(knowledge)
    (line,) = mistakes(folder)
    assert line.startswith(f"roster/billing.md:7: {told}")


def test_a_folder_that_is_a_link_in_a_circle(folder: Path, names: Names) -> None:
    (folder / "circle").symlink_to("circle")
    names("circle")
    (line,) = mistakes(folder)
    assert line.startswith("roster/billing.md:7: knowledge names 'circle', which cannot be followed")
    assert line.endswith("; name a folder, not a circular link")


def test_a_folder_whose_name_no_disk_takes(folder: Path, names: Names) -> None:
    names("a" * 300)
    assert any(
        "which cannot be followed (File name too long); name a folder" in line for line in mistakes(folder)
    )


@pytest.mark.parametrize("knowledge", ["[answers, manuals]", '""', "{folder: answers}"])
def test_what_is_no_name_of_a_folder(folder: Path, names: Names, knowledge: str) -> None:
    names(knowledge)
    (line,) = mistakes(folder)
    assert line.startswith("roster/billing.md:7: knowledge should ")
    assert line.endswith(
        "; write a folder beside this file, with Markdown or text that it may look up, such as answers/"
    )


def test_a_folder_without_text(folder: Path, names: Names) -> None:
    names("answers")
    (folder / "answers" / "money" / "refunds.md").write_text("# \n", encoding="utf-8")
    assert mistakes(folder) == [
        "roster/billing.md:7: knowledge names 'answers', which has no text; "
        "put files that end in .md, .markdown or .txt there"
    ]


def test_all_mistakes_in_documents_are_told_with_the_rosters_others(folder: Path, names: Names) -> None:
    names("answers")
    answers = folder / "answers"
    (answers / "latin.md").write_bytes("# Größe\n\nfein\n".encode() + b"stra\xdfe\n")
    (answers / "list.txt").write_text("a word\n" * (LARGEST_BYTES // 7 + 1), encoding="utf-8")
    (answers / "picture.txt").write_bytes(b"one\ntwo\n\0\0\n")
    (answers / "secret.md").symlink_to("/etc/hostname")
    technical = folder / "technical.md"
    technical.write_text(technical.read_text(encoding="utf-8").replace("daniel", "dan"), encoding="utf-8")
    assert [line.partition(";")[0] for line in mistakes(folder)] == [
        "roster/answers/latin.md:4: is not UTF-8 text",
        "roster/answers/list.txt: has 1,000,006 bytes",
        "roster/answers/picture.txt:3: is not text",
        "roster/answers/secret.md: is a link to a file outside its folder",
        "roster/technical.md:4: unknown voice 'dan'",
    ]


def test_a_process_of_a_call_starts_whatever_became_of_the_documents(folder: Path, names: Names) -> None:
    names("answers")
    (folder / "answers" / "latin.md").write_bytes(b"\xdf")
    assert load_roster(folder, voices=VOICES, documents=False).role("billing").documents
    shutil.rmtree(folder / "answers")
    assert load_roster(folder, voices=VOICES, documents=False).role("billing").documents
