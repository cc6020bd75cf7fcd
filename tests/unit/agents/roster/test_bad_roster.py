"""Every mistake in a roster gets one line: file and line, what is wrong, what would be right."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.roster.role import RoleFields
from agents.roster.roster import load_roster
from errors import BadInput
from tests.unit.agents.roster.spoilt import ROSTER, VOICES, complaint, complaints, spoil

TARGETS = "transfers_to: [front-desk, technical]"
ACCEPTS = "accepts: always"
MATTER = "I understand that {matter}."
BAD_BILLING = [
    (TARGETS, "transfer_to: [technical]", 7, "unknown field 'transfer_to'; write transfers_to"),
    (
        TARGETS,
        "transfers_to: [sales]",
        7,
        "transfers_to names the unknown role 'sales'; write some of front-desk",
    ),
    (
        TARGETS,
        "transfers_to:\n  - technical\n  - sales",
        9,
        "transfers_to names the unknown role 'sales'; write some of front-desk, technical",
    ),
    (
        TARGETS,
        "transfers_to: [billing]",
        7,
        "transfers_to names billing itself; write some of front-desk, technical",
    ),
    (
        TARGETS,
        "transfers_to: [technical, technical]",
        7,
        "transfers_to names technical twice; write some of front-desk, technical",
    ),
    (
        TARGETS,
        "tools: [transfer_call]",
        7,
        "transfer_call has nobody to hand over to; write transfers_to as well",
    ),
    (
        "voice: troy",
        "voice: tory",
        4,
        "unknown voice 'tory'; write one of autumn, diana, hannah, austin, daniel, troy",
    ),
    ("voice: troy", "voise: troy", 4, "unknown field 'voise'; write voice"),
    (
        "voice: troy\n",
        "",
        1,
        "voice is missing; write voice: one of the speaking model's voices, such as hannah",
    ),
    ("voice: troy", "voice: troy\nvoice: austin", 5, "'voice' is there twice; keep one of the two"),
    (
        "role: billing",
        "role: Billing Desk",
        2,
        "role 'Billing Desk' should be written billing-desk; write the role's id, in small letters a to z",
    ),
    (
        MATTER,
        "How can I help?",
        6,
        "opening does not contain {matter}; write the first words after a handoff",
    ),
    (MATTER, "I heard {matter} from {name}.", 6, "opening has the unknown placeholder {name}"),
    (MATTER, "I heard {matter} {.", 6, "opening has a single brace"),
    (
        "Brightwave billing, good to have you on the line. What can I do for you?",
        "😀",
        5,
        "greeting has no words",
    ),
    (
        ACCEPTS,
        "accepts: sometimes",
        8,
        "accepts should be 'always' or 'screen'; write always, screen or {max_calls: 3}",
    ),
    (ACCEPTS, "accepts: {max_calls: 0}", 8, "accepts should be"),
    (
        "told: {last_turns: 6}",
        "told: {turns: 6}",
        9,
        "told has the unknown field 'turns'; write summary, everything or {last_turns: 6}",
    ),
    (
        ACCEPTS,
        "temperature: 3",
        8,
        "temperature should be less than or equal to 2; write a number from 0 to 2",
    ),
    (
        ACCEPTS,
        "language: german",
        8,
        "language has 'german', which is no language that is recognised; write the language in which",
    ),
    (ACCEPTS, "temperature: nan", 8, "temperature should be a finite number; write a number from 0 to 2"),
    (
        ACCEPTS,
        "tools: [fly]",
        8,
        "tools should be 'transfer_call' or 'end_call', or a tool of its own; write [transfer_call",
    ),
    (
        "voice: troy",
        "voice: troy: hannah",
        4,
        "is not YAML (mapping values are not allowed here); put the value in double quotes",
    ),
    ("voice: troy", "voice: [troy", 5, "is not YAML"),
    ("What can I do", "\\a What can I do", 5, "has the unprintable character U+0007; remove it"),
    ("What can I do", "\\ud800 What can I do", 5, "has the unprintable character U+D800; remove it"),
    (
        "You are the billing desk",
        "You are\0the billing desk",
        12,
        "has the unprintable character U+0000; remove",
    ),
    (ACCEPTS, "instructions: be rude", 8, "unknown field 'instructions'; write role, name,"),
    (
        '"Brightwave billing, good to have you on the line. What can I do for you?"',
        "“Good morning.”",
        5,
        "greeting has typographic quotes around it",
    ),
    (ACCEPTS, "lines: {voice: troy}", 8, "unknown field 'voice'; write it beside lines, and not inside"),
    (ACCEPTS, "lines: hello", 8, "lines should be fields, as {NAME: VALUE}"),
]


@pytest.mark.parametrize(("old", "new", "line", "said"), BAD_BILLING)
def test_bad_field_is_told_with_file_and_line(folder: Path, old: str, new: str, line: int, said: str) -> None:
    spoil(folder / "billing.md", old, new)
    assert complaint(folder).startswith(f"roster/billing.md:{line}: {said}")


def test_two_files_with_one_role_are_told(folder: Path) -> None:
    spoil(folder / "technical.md", "role: technical", "role: billing")
    assert complaint(folder) == (
        "roster/technical.md:2: role billing is already in roster/billing.md; "
        "give this one another name, or remove one of the two"
    )


def test_role_file_without_front_matter_is_told(folder: Path) -> None:
    (folder / "sales.md").write_text("You are sales.\n", encoding="utf-8")
    assert complaint(folder) == (
        "roster/sales.md:1: has no front matter; begin with a line ---, the fields, and another line ---"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("---\nrole: sales\n", "roster/sales.md:1: the front matter has no end; write a line ---"),
        (
            "---\n---\nYou are sales.",
            "roster/sales.md:2: the front matter has no fields; write one field a line",
        ),
        (
            "---\n- role\n---\nYou.",
            "roster/sales.md:2: the front matter has no fields; write one field a line",
        ),
        ("---\na: &a [*a]\n---\n", "roster/sales.md:2: is not YAML (found unconstructable recursive node)"),
        ('---\nrole: "\\U00110000"\n---\n', "roster/sales.md:1: is not YAML that can be read"),
        ("---\nrole: \x07\n---\n", "roster/sales.md:2: has the unprintable character U+0007; remove it"),
        ("---\nrole: " + "[" * 5000 + "\n---\n", "roster/sales.md:1: is not YAML that can be read"),
        ("", "roster/sales.md:1: is empty; write the text there"),
    ],
)
def test_broken_front_matter_is_told(folder: Path, text: str, said: str) -> None:
    (folder / "sales.md").write_text(text, encoding="utf-8")
    assert complaint(folder).startswith(said)


def test_every_missing_field_of_a_file_is_told_and_its_missing_instructions_too(folder: Path) -> None:
    (folder / "sales.md").write_text("---\nrole: sales\n---\n", encoding="utf-8")
    assert [line.partition(";")[0] for line in complaints(folder)] == [
        "roster/sales.md:1: name is missing",
        "roster/sales.md:1: voice is missing",
        "roster/sales.md:1: greeting is missing",
        "roster/sales.md:1: opening is missing",
        "roster/sales.md:3: nothing follows the front matter",
    ]


def test_all_mistakes_of_all_files_are_told_at_once_and_each_once(folder: Path) -> None:
    spoil(folder / "house.md", '  hold: "', '  holding: "')
    spoil(folder / "house.md", "Are you still there?", "…")
    (folder / "summary.md").unlink()
    spoil(folder / "billing.md", "voice: troy", "voice: tory")
    spoil(folder / "billing.md", "transfers_to: [front-desk, technical]", "transfers_to: [sales, billing]")
    spoil(folder / "front-desk.md", "role: front-desk\n", "role: front-desk\nvoise: hannah\n")
    spoil(folder / "front-desk.md", "voice: hannah\n", "")
    spoil(folder / "technical.md", "accepts: screen", "accepts: perhaps")
    spoil(folder / "technical.md", "temperature: 0.2", "temperature: hot")
    assert [line.partition(";")[0] for line in complaints(folder)] == [
        "roster/house.md:3: unknown field 'holding'",
        "roster/house.md:10: lines.silence_question has no words",
        "roster/summary.md: is missing",
        "roster/front-desk.md:3: unknown field 'voise'",
        "roster/technical.md:8: accepts should be 'always' or 'screen'",
        "roster/technical.md:10: temperature should be a valid number",
        "roster/billing.md:4: unknown voice 'tory'",
        "roster/billing.md:7: transfers_to names the unknown role 'sales'",
        "roster/billing.md:7: transfers_to names billing itself",
    ]


@pytest.mark.parametrize(
    "spoilt", ["You are the desk.\n", "---\nname: [\n---\nYou.\n", "---\nrole: B C\n---\n"]
)
def test_a_role_whose_file_has_a_mistake_is_not_unknown_to_others(folder: Path, spoilt: str) -> None:
    (folder / "billing.md").write_text(spoilt, encoding="utf-8")
    assert all(line.startswith("roster/billing.md:") for line in complaints(folder))


def test_every_field_that_is_there_twice_is_told(folder: Path) -> None:
    spoil(folder / "billing.md", "voice: troy", "voice: troy\nvoice: austin\nrole: billing")
    assert [line.partition(";")[0] for line in complaints(folder)] == [
        "roster/billing.md:5: 'voice' is there twice",
        "roster/billing.md:6: 'role' is there twice",
    ]


def test_file_that_is_no_text_is_told(folder: Path) -> None:
    (folder / "sales.md").write_bytes(b"---\nrole: \xff\n")
    assert complaint(folder) == "roster/sales.md: is not UTF-8 text; save it as UTF-8"
    (folder / "sales.md").unlink()
    (folder / "sales.md").mkdir()
    assert complaint(folder).startswith("roster/sales.md: cannot be read (Is a directory)")


def test_empty_instructions_are_told(folder: Path) -> None:
    head = (folder / "billing.md").read_text(encoding="utf-8").rsplit("---\n", 1)[0]
    (folder / "billing.md").write_text(head + "---\n\n \n", encoding="utf-8")
    assert complaint(folder) == (
        "roster/billing.md:11: nothing follows the front matter; write the instructions there"
    )


def test_an_unknown_kind_of_answer_is_told_with_those_that_are_known(folder: Path) -> None:
    spoil(folder / "billing.md", ACCEPTS, f"{ACCEPTS}\nexpects: telephone")
    told = complaint(folder)
    assert "expects should be 'number', 'spelling', 'address' or 'yes_or_no'" in told
    assert told.startswith("roster/billing.md:9: ")


@pytest.mark.parametrize("written", ["[card, cards]", "true", "everything", "{card: true}"])
def test_an_unknown_kind_to_redact_is_told_with_those_that_are_known(folder: Path, written: str) -> None:
    spoil(folder / "billing.md", ACCEPTS, f"{ACCEPTS}\nredact: {written}")
    told = complaint(folder)
    assert told.startswith("roster/billing.md:9: redact ")
    assert "write all, or some of [card, account, telephone, email, identity]: each is replaced" in told


def test_folder_without_roles_is_told(folder: Path, tmp_path: Path) -> None:
    assert complaint(tmp_path / "nowhere").endswith(
        "nowhere: is no folder; set BATON_ROSTER_FOLDER to a folder with one Markdown file for each role"
    )
    assert ": cannot be read (File name too long); set BATON_ROSTER_FOLDER" in complaint(
        tmp_path / ("r" * 300)
    )
    for name in ("billing.md", "front-desk.md", "technical.md"):
        (folder / name).unlink()
    assert complaint(folder) == "roster: has no role; put a Markdown file there, such as front-desk.md"


@pytest.fixture(scope="module")
def kept_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        shutil.copytree(ROSTER, name, dirs_exist_ok=True)
        yield Path(name)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates() | st.binary(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.integers(), inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.dictionaries(st.sampled_from(sorted(RoleFields.model_fields)) | st.text(), VALUES)
FRONT_MATTER = FIELDS.map(yaml.safe_dump) | st.text() | st.text("-:[]{}&*!|>'\"% \n\tab0~<?,#")


@settings(max_examples=200)
@given(front_matter=FRONT_MATTER, spoilt=st.sampled_from(["sales.md", "house.md"]))
def test_no_front_matter_whatsoever_does_more_than_be_refused(
    kept_folder: Path, front_matter: str, spoilt: str
) -> None:
    """The roster is refused with BadInput or accepted, and never raises any other error."""
    file = kept_folder / spoilt
    before = file.read_bytes() if file.exists() else None
    try:
        file.write_bytes(f"---\n{front_matter}\n---\nBe kind.\n".encode("utf-8", "surrogatepass"))
        with suppress(BadInput):
            load_roster(kept_folder, voices=VOICES)
    finally:
        file.unlink() if before is None else file.write_bytes(before)


def test_anchors_that_repeat_each_other_are_told_at_once(folder: Path) -> None:
    names = "abcdefghij"
    rows = [f"{one}: &{one} [{', '.join([f'*{before}'] * 9)}]" for before, one in pairwise(names)]
    spoil(folder / "billing.md", "voice: troy", "\n".join(["voice: troy", "a: &a [x]", *rows]))
    assert complaint(folder).startswith("roster/billing.md:2: its anchors expand to too many values")


def test_instructions_that_no_model_reads_are_told(folder: Path) -> None:
    with (folder / "billing.md").open("a", encoding="utf-8") as file:
        file.write("Be kind. " * 20_000)
    assert "characters of instructions; write 100,000 at most" in complaint(folder)


def test_a_link_to_nothing_is_told(folder: Path) -> None:
    (folder / "sales.md").symlink_to("nowhere.md")
    assert complaint(folder) == (
        "roster/sales.md: is a link to a file that is not there; correct or remove it"
    )
