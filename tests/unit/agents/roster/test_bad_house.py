"""Every mistake in the files that all roles share gets one line, like a mistake in a role's file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from agents.roster.roster import load_roster
from tests.unit.agents.roster.spoilt import VOICES, complaint, spoil


@pytest.mark.parametrize("name", ["house.md", "summary.md", "screening.md"])
def test_missing_house_file_is_told(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert complaint(folder).startswith(f"roster/{name}: is missing; put it there")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "I'll get {target}",
            "I'll get {desk}",
            ":3: lines.hold has the unknown placeholder {desk}; write the words that ask",
        ),
        ('  hold: "', '  holding: "', ":3: unknown field 'holding'; write hold"),
        ('  hold: "', '  #hold: "', ":2: lines.hold is missing; write lines.hold: the words that ask"),
        ("lines:\n", "lines:\n  hello: Hi\n", ":3: unknown field 'hello'; write"),
        (
            "company: Brightwave Broadband",
            "company: ~",
            ":55: company is the word '~', which would be spoken",
        ),
        ("lines:\n", "line:\n", ":2: unknown field 'line'; write lines"),
        ("Are you still there?", "…", ":10: lines.silence_question has no words; write the question"),
    ],
)
def test_bad_line_of_the_house_is_told(folder: Path, old: str, new: str, said: str) -> None:
    spoil(folder / "house.md", old, new)
    assert complaint(folder).startswith(f"roster/house.md{said}")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("[router, …]", "words has '…', which is no word; write names and words"),
        (f"[{'x' * 240}, invoices, a]", "words has 253 characters, with commas between the words; write"),
        ("router", "words should be a list in square brackets; write names"),
    ],
)
def test_bad_words_of_the_house_are_told(folder: Path, words: str, said: str) -> None:
    house = folder / "house.md"
    text = re.sub(r"^words: .*$", f"words: {words}", house.read_text(encoding="utf-8"), flags=re.MULTILINE)
    where = written(house, text, f"words: {words}")
    assert complaint(folder).startswith(f"{where}: {said}")


@pytest.mark.parametrize(
    ("nods", "said"),
    [
        ("[okay, stop]", "nods 'stop' must stop the agent and is no nod; write words by which"),
        ("[No, okay]", "nods 'No' must stop the agent"),
        ("[okay, …]", "nods '…' has no words"),
        ("okay", "nods should be a list in square brackets"),
    ],
)
def test_a_word_that_is_no_nod_is_told(folder: Path, nods: str, said: str) -> None:
    house = folder / "house.md"
    text = re.sub(r"^nods: .*$", f"nods: {nods}", house.read_text(encoding="utf-8"), flags=re.MULTILINE)
    where = written(house, text, f"nods: {nods}")
    assert complaint(folder).startswith(f"{where}: {said}")


@pytest.mark.fault("T26")
@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ('{"030 12345": billing}', "numbers has '030 12345', which is no telephone number; write +"),
        ("{+493012345678: biling}", "numbers names the unknown role 'biling'; write one of billing"),
        ("{+493012345678: [billing]}", "numbers should be a valid string; write our telephone numbers"),
        ("[+493012345678]", "numbers should be fields, as {NAME: VALUE}; write our telephone numbers"),
        ("{+493012345678: billing, +493012345678: billing}", "'+493012345678' is there twice; keep one"),
    ],
)
def test_a_number_that_nobody_could_answer_is_told(folder: Path, numbers: str, said: str) -> None:
    house = folder / "house.md"
    text = house.read_text(encoding="utf-8").replace("notice:", f"numbers: {numbers}\nnotice:")
    where = written(house, text, f"numbers: {numbers}")
    assert complaint(folder).startswith(f"{where}: {said}")


def test_a_number_is_found_however_the_trunk_writes_it(folder: Path) -> None:
    house = folder / "house.md"
    numbers = "numbers: {+493012345678: billing}"
    house.write_text(house.read_text(encoding="utf-8").replace("notice:", f"{numbers}\nnotice:"))
    roster = load_roster(folder, voices=VOICES)
    for written in ("+493012345678", "493012345678", "00493012345678"):
        assert (role := roster.role_called(written)) is not None
        assert role.role == "billing"
    assert roster.role_called("+4930") is None
    assert roster.role_called("") is None


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("notice: false", "notice is the word 'false', which would be spoken; write"),
        ("notice: “Our call is written down.”", "notice has typographic quotes around it; YAML knows"),
        ("recording_yes: []", "recording_yes should have at least one entry; write first words of an answer"),
    ],
)
def test_a_value_that_nobody_means_is_told(folder: Path, field: str, said: str) -> None:
    house = folder / "house.md"
    kept = re.sub(r"^notice: .*\n", "", house.read_text(encoding="utf-8"), flags=re.MULTILINE)
    text = kept.replace("words:", f"{field}\nwords:", 1)
    where = written(house, text, field)
    assert complaint(folder).startswith(f"{where}: {said}")


def written(house: Path, text: str, line: str) -> str:
    """Write this text into house.md. Return the place that a complaint about this line must name."""
    house.write_text(text, encoding="utf-8")
    return f"roster/house.md:{text.splitlines().index(line) + 1}"
