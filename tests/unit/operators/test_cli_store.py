"""`baton calls`, `handoffs` and `show`: from a real store, in a terminal, in a pipe, and as JSON."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from operators.cli import app
from persistence.contract.handoffs import Timings
from persistence.contract.store import Store
from persistence.messages import Message, MessageId
from persistence.records import CALLER, CallEnd, HandoffState, SummarySource
from persistence.sqlite import open_store
from tests.contract.building import (
    BILLING,
    CALL,
    FRONT_DESK,
    HANDOFF,
    START,
    TARGET,
    a_call,
    a_handoff,
    brought_to,
    move,
)
from tests.contract.people.building import DESK
from tests.support.database import make_database

ROOT = Path(__file__).parents[3]


async def fill(store: Store) -> None:
    """Store a call that is over, with a completed handoff, and an open call."""
    handoff = await brought_to(store, HandoffState.DISPATCHING)
    handoff = await move(store, handoff, HandoffState.DISPATCHING)
    for state in (HandoffState.BRIEFING, HandoffState.ACCEPTED, HandoffState.COMPLETED):
        handoff = await move(store, handoff, state)
    await store.append_turn(CALL, FRONT_DESK, "Hello.", started_at=START, ended_at=START + 2_000)
    await store.append_turn(CALL, CALLER, "My bill.", started_at=START + 3_000, ended_at=START + 4_000)
    await store.save_timings(HANDOFF, Timings(seam_ms=412, silence_ms=900))
    await store.save_summary(HANDOFF, '{"matter": "a bill"}', SummarySource.MODEL)
    left = Message(
        MessageId("message-1"), CALL, DESK, BILLING, "Call me.", "Anna", "030 901820", START + 9_000
    )
    await store.leave_message(left, job=TARGET, at_most=1)
    await store.end_call(CALL, CallEnd.GOODBYE, job=TARGET, at=START + 62_000)
    second = await store.open_call(a_call(call_id="call-2", room="room-2", at=START + 1))
    odd = replace(a_handoff(handoff_id="h-2", call_id=second.id), reason="[red]\x1b[2Jnew\nrow\tcell")
    await store.request_handoff(odd, at_most=5)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "baton.db"
    monkeypatch.chdir(tmp_path)  # where no make dev has run
    monkeypatch.setenv("BATON_STORE", f"sqlite:///{path}")
    monkeypatch.setenv("COLUMNS", "160")
    return path


@pytest.fixture
def filled(path: Path) -> Path:
    async def write() -> None:
        async with open_store(path) as store:
            await fill(store)

    make_database(path)
    asyncio.run(write())
    return path


def baton(*words: str) -> Result:
    return CliRunner().invoke(app, words)


def rows(answer: Result) -> list[list[str]]:
    assert answer.exit_code == 0, answer.output
    return [line.split("\t") for line in answer.stdout.splitlines()]


@pytest.mark.usefixtures("filled")
def test_calls_are_listed_newest_first_with_how_they_ended() -> None:
    heading, second, first = rows(baton("calls"))
    assert heading == [
        *("call", "started", "lasted", "room", "caller", "number", "holder", "ended", "call back")
    ]
    assert (second[0], second[2], second[-2:]) == ("call-2", "", ["on the line", ""])
    assert (first[0], first[2], first[-3:]) == (CALL, "1:02", ["billing", "goodbye", ""])
    assert len(rows(baton("calls", "--limit", "1"))) == 2


@pytest.mark.usefixtures("filled")
def test_calls_are_found_and_called_back_by_command() -> None:
    found = {
        "--search my": [],
        "--search caller-1": ["call-2", CALL],
        "--role billing": [CALL],
        "--live": ["call-2"],
        "--outcome goodbye": [CALL],
        "--since 2023-11-15": [],
        "--until 2023-11-15T12:00:00": ["call-2", CALL],
        "--call-back": [],
    }
    for options, ids in found.items():
        assert [row[0] for row in rows(baton("calls", *options.split()))[1:]] == ids, options
    assert baton("calls", "--live", "--call-back").exit_code == 2
    refused = baton("called-back", CALL, "--by", "anna")
    assert (refused.exit_code, refused.stderr) == (3, "no-call-back: nobody has to call this caller back\n")


@pytest.mark.usefixtures("filled")
def test_calls_as_json_are_the_rows_of_the_store() -> None:
    second, first = json.loads(baton("calls", "--json").stdout)
    assert (first["id"], first["ended_how"], first["ended_at"]) == (CALL, "goodbye", START + 62_000)
    assert (second["id"], second["ended_how"], second["ended_at"]) == ("call-2", None, None)


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(
    ("options", "found"),
    [
        ([], {"handoff-1", "h-2"}),
        (["--call", "call-2"], {"h-2"}),
        (["--state", "completed"], {"handoff-1"}),
        (["--state", "failed"], set()),
        (["--role", "billing"], {"handoff-1", "h-2"}),
        (["--role", "technical"], set()),
        (["--role", "front-desk", "--state", "requested"], {"h-2"}),
    ],
)
def test_handoffs_are_found_by_call_state_and_role(options: list[str], found: set[str]) -> None:
    assert {row[0] for row in rows(baton("handoffs", *options))[1:]} == found
    assert {one["id"] for one in json.loads(baton("handoffs", "--json", *options).stdout)} == found


@pytest.mark.usefixtures("filled")
def test_what_a_model_wrote_stays_in_its_cell() -> None:
    (row,) = [row for row in rows(baton("handoffs")) if row[0] == "h-2"]
    assert row[-1] == "[red] [2Jnew row cell"


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("typed", [CALL, "call-1"])
def test_show_tells_a_call_with_lanes_handoffs_attempts_and_events(typed: str) -> None:
    told = baton("show", typed).stdout
    assert "\nlasted    1:02\nended     goodbye\n" in told
    for line in ["front-desk       █", "Handoffs", "Attempts", "Events"]:
        assert f"\n{line}" in told
    assert "attempt-1\tbilling\t+0.000 s\t\t\t+0.000 s\tunanswered\tnobody came" in told
    assert "+9.000 s\tservice-desk\tAnna\tCall me.\t030 901820\topen" in told
    assert "message\tmessage-1\t\topen\tbilling" in told
    assert "handoff\thandoff-1\taccepted\tcompleted\tjob-target" in told
    assert "\t+62.000 s\tcall\tcall-1\tbilling\tgoodbye\tjob-target" in told


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("typed", [HANDOFF, "han"])
def test_show_tells_a_handoff_by_its_id_or_how_it_begins(typed: str) -> None:
    told = baton("show", typed).stdout
    for line in ["way       front-desk → billing", "state     completed", "seam      0.412 s"]:
        assert f"\n{line}" in told
    assert '\nsummary   {"matter": "a bill"} (model)' in told
    assert "goodbye" not in told


@pytest.mark.usefixtures("filled")
def test_show_marks_each_move_of_a_handoff_above_the_lanes() -> None:
    told = baton("show", HANDOFF).stdout
    (states,) = [line for line in told.splitlines() if line.startswith("states")]
    assert states.split() == ["states", "abcdef"]
    marks = [line.split("\t")[0] for line in told.splitlines() if "\thandoff\thandoff-1\t" in line]
    assert marks == list("abcdef")


@pytest.mark.usefixtures("filled")
def test_show_as_json_has_everything_the_store_knows() -> None:
    call = json.loads(baton("show", CALL, "--json").stdout)
    assert [turn["text"] for turn in call["turns"]] == ["Hello.", "My bill."]
    assert [attempt["outcome"] for attempt in call["attempts"]] == ["unanswered", "completed"]
    assert [one["id"] for one in call["handoffs"]] == [HANDOFF]
    assert [one["words"] for one in call["messages"]] == ["Call me."]
    handoff = json.loads(baton("show", HANDOFF, "--json").stdout)
    assert handoff["handoff"]["seam_ms"] == 412
    assert {event["kind"] for event in handoff["events"]} == {"handoff", "attempt"}
    assert handoff["call"] == call["call"]


def test_an_id_that_is_not_there_is_one_line_and_code_1(filled: Path) -> None:
    answer = baton("show", "nobody")
    assert (answer.exit_code, answer.stdout) == (1, "")
    assert answer.stderr == f"there is no call or handoff with the id nobody in {filled}\n"


@pytest.mark.usefixtures("filled")
def test_a_beginning_that_fits_several_ids_names_them() -> None:
    answer = baton("show", "call")
    assert answer.exit_code == 1
    assert answer.stderr == "more than one id begins with call: call-1, call-2\n"


LOOKING = [
    ("calls",),
    ("handoffs",),
    ("show", "call-1"),
    ("watch",),
    ("export",),
    ("operators", "list"),
    ("operators", "revoke", "anna"),
]


@pytest.mark.parametrize("words", LOOKING)
def test_a_store_that_is_not_there_is_named_and_not_made(path: Path, words: tuple[str, ...]) -> None:
    answer = baton(*words)
    assert (answer.exit_code, answer.stdout) == (1, "")
    assert answer.stderr == (
        f"BATON_STORE: there is no database at {path}: start the worker, which makes it\n"
    )
    assert list(path.parent.iterdir()) == []


def test_a_store_that_is_no_database_is_named(path: Path) -> None:
    path.write_text("these are words")
    answer = baton("calls")
    assert answer.exit_code == 2
    assert answer.stderr.startswith(f"BATON_STORE: {path} cannot be opened: file is not a database")
    assert answer.stderr.count("\n") == 1


def test_an_empty_store_has_headings_and_empty_lists(path: Path) -> None:
    make_database(path)
    assert len(rows(baton("calls"))) == 1
    assert json.loads(baton("handoffs", "--json").stdout) == []


def test_reading_changes_nothing_in_the_folder(filled: Path) -> None:
    before = filled.read_bytes()
    for words in (("calls",), ("handoffs",), ("show", CALL)):
        assert baton(*words).exit_code == 0
    assert list(filled.parent.iterdir()) == [filled]
    assert filled.read_bytes() == before


@pytest.mark.usefixtures("filled")
def test_in_a_terminal_there_are_tables_and_colours_and_nothing_of_a_callers_codes() -> None:
    told = in_a_terminal("handoffs")
    assert "│" in told
    assert "\x1b[32mcompleted" in told
    assert "\x1b[2J" not in told


@pytest.mark.usefixtures("filled")
def test_an_export_in_a_terminal_has_none_either() -> None:
    told = in_a_terminal("export")
    assert "[red] [2Jnew" in told
    assert "\x1b" not in told


def in_a_terminal(command: str) -> str:
    ours, theirs = pty.openpty()
    program = "from operators.cli import main; main()"
    environment = {**os.environ, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT)}
    environment.pop("NO_COLOR", None)
    ended = subprocess.run(
        [sys.executable, "-c", program, command], stdout=theirs, env=environment, timeout=600, check=False
    )
    os.close(theirs)
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        told = terminal.read(65_536).decode()
    assert ended.returncode == 0
    return told
