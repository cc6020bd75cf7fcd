"""What operators do from the command line: on a real store, without a livekit-server that could nudge."""

from __future__ import annotations

import asyncio
import getpass
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from livekit.api import TokenVerifier
from typer.testing import CliRunner, Result

from operators.cli import app
from persistence.records import Event, Handoff, HandoffState, OperatorRequest
from persistence.sqlite import open_store
from tests.contract.building import CALL, a_call
from tests.support.database import make_database

ROOT = Path(__file__).parents[3]
BY = f"cli:{getpass.getuser()} for anna"
SECRET = "a secret that is long enough for a signature"


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store with one open call."""
    path = tmp_path / "baton.db"
    monkeypatch.setenv("BATON_STORE", f"sqlite:///{path}")
    monkeypatch.setenv("BATON_ROSTER_FOLDER", str(ROOT / "roster"))
    monkeypatch.setenv("LIVEKIT_URL", "ws://127.0.0.1:9")
    monkeypatch.setenv("LIVEKIT_API_KEY", "key")
    monkeypatch.setenv("LIVEKIT_API_SECRET", SECRET)
    make_database(path)

    async def fill() -> None:
        async with open_store(path) as store:
            await store.open_call(a_call())

    asyncio.run(fill())
    return path


def baton(*words: str) -> Result:
    return CliRunner().invoke(app, [*words, "--by", "anna"])


def listed() -> str:
    return CliRunner().invoke(app, ["calls"]).stdout


def told(*words: str) -> dict[str, object]:
    answer = baton(*words, "--json")
    assert answer.exit_code == 0, answer.output
    told: dict[str, object] = json.loads(answer.stdout)
    return told


def kept(path: Path) -> tuple[Sequence[Handoff], Sequence[OperatorRequest], Sequence[Event]]:
    async def read() -> tuple[Sequence[Handoff], Sequence[OperatorRequest], Sequence[Event]]:
        async with open_store(path) as store:
            return await store.handoffs(), await store.requests(CALL), await store.events()

    return asyncio.run(read())


def test_a_handoff_is_asked_for_redirected_and_cancelled(path: Path) -> None:
    asked = told("handoff", "call", "billing", "--reason", "you want your money", "--complete", "operator")
    handoff = str(asked["id"])
    redirected = told("redirect", handoff, "technical", "--reason", "their line is slow", "--note", "be kind")
    assert redirected["redirect_to"] == "technical"
    assert (redirected["redirect_reason"], redirected["redirect_note"]) == ("their line is slow", "be kind")
    assert told("cancel", handoff)["state"] == "cancelled"
    ((row,), _, events) = kept(path)
    assert (row.state, row.requested_by, row.completes) == (HandoffState.CANCELLED, BY, "operator")
    assert [event.actor for event in events if event.kind != "call"] == [BY] * 3


def test_words_for_the_agent_are_rows_for_it(path: Path) -> None:
    for verb in ("say", "ask", "note"):
        assert told(verb, "call", f"words to {verb}")["state"] == "requested"
    assert told("end", "call")["kind"] == "end"
    _, requests, _ = kept(path)
    assert [request.words for request in requests[:3]] == ["words to say", "words to ask", "words to note"]


def test_a_caller_is_put_on_hold_listed_first_and_taken_off(path: Path) -> None:
    held = told("hold", "call-1")
    assert (held["held_by"], type(held["held_at"])) == (BY, int)
    answer = baton("hold", "call-1")
    assert (answer.exit_code, answer.stderr.partition(":")[0]) == (3, "on-hold")
    answer = baton("ask", "call-1", "What is my balance?")
    assert (answer.exit_code, answer.stderr.partition(":")[0]) == (3, "on-hold")
    assert told("say", "call-1", "Somebody will be with you.")["kind"] == "say"
    assert "on hold since" in listed().splitlines()[1]
    assert told("resume", "call-1")["held_at"] is None
    _, _, events = kept(path)
    moves = [(event.moved_from, event.moved_to) for event in events if event.kind == "call"]
    assert moves[1:] == [("front-desk", "held"), ("held", "front-desk")]
    assert "on the line" in listed()


def test_an_agent_that_was_not_started_is_no_success_for_a_script() -> None:
    answer = baton("start", "room-9", "billing")
    assert answer.exit_code == 1
    assert "livekit-server did not dispatch an agent" in answer.stdout


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (("resume", "call-1"), "not-on-hold"),
        (("handoff", "call", "front-desk", "--reason", "why not"), "target-not-allowed"),
        (("handoff", "call", "billing", "--reason", "<b>"), "words-refused"),
        (("take-back", "call"), "target-not-allowed"),
        (("say", "call", "🙂"), "words-refused"),
        (("start", "room-9", "nobody"), "target-not-allowed"),
        (("token", "room-9", "--listener"), "no-open-call"),
    ],
)
def test_what_is_refused_is_told_in_one_line_with_its_kind(
    path: Path, words: Sequence[str], kind: str
) -> None:
    answer = baton(*words)
    assert answer.exit_code == 3
    assert answer.stderr.startswith(f"{kind}: ")
    assert answer.stderr.count("\n") == 1
    assert kept(path)[:2] == ([], [])


def test_of_two_handoffs_the_second_is_told_of_the_first() -> None:
    first = told("handoff", "call", "billing", "--reason", "you want your money")["id"]
    answer = baton("handoff", "call-1", "technical", "--reason", "no line")
    assert (answer.exit_code, str(first) in answer.stderr) == (3, True)


def test_an_act_on_what_is_not_there_fails() -> None:
    answer = baton("cancel", "handoff-nothing")
    assert (answer.exit_code, "handoff-nothing" in answer.stderr) == (1, True)


def test_watching_writes_each_move_once_and_no_words() -> None:
    told("note", "call", "a good customer")
    lines = CliRunner().invoke(app, ["watch", "--after", "0", "--count", "2", "--json"]).stdout.splitlines()
    events = [json.loads(line) for line in lines]
    assert [(event["kind"], event["moved_to"]) for event in events] == [
        ("call", "front-desk"),
        ("request", "note"),
    ]
    assert "good customer" not in "".join(lines)


def test_handoffs_of_a_period_are_exported_as_the_service_does() -> None:
    told("handoff", "call", "billing", "--reason", "=SUM(A1:A9) is what you want")
    lines = CliRunner().invoke(app, ["export", "--since", "2020-01-01"]).stdout.splitlines()
    assert lines[0].startswith("id,call_id,from_role,target,reason")
    assert "'=SUM(A1:A9) is what you want" in lines[1]
    exported = CliRunner().invoke(app, ["export", "--format", "json"]).stdout
    assert [handoff["target"] for handoff in json.loads(exported)] == ["billing"]
    nothing = CliRunner().invoke(app, ["export", "--format", "json", "--until", "2020-01-01"]).stdout
    assert json.loads(nothing) == []


def test_a_callers_token_lets_a_microphone_in_and_brings_the_agent_along() -> None:
    made = told("token", "room-9", "--role", "billing")
    claims = TokenVerifier("key", SECRET).verify(str(made["token"]))
    assert claims.video is not None
    assert claims.video.can_publish_sources == ["microphone"]
    assert (claims.video.can_publish_data, claims.video.can_update_own_metadata) == (False, False)
    assert claims.room_config is not None
    assert json.loads(claims.room_config.agents[0].metadata)["role"] == "billing"


def test_a_listener_is_hidden_and_publishes_nothing() -> None:
    claims = TokenVerifier("key", SECRET).verify(str(told("token", a_call().room, "--listener")["token"]))
    assert claims.video is not None
    assert (claims.video.hidden, claims.video.can_publish, claims.video.can_publish_data) == (
        True,
        False,
        False,
    )


def test_shell_completion_is_offered() -> None:
    assert "--install-completion" in CliRunner().invoke(app, ["--help"]).stdout


def test_finding_15_a_name_on_the_command_line_is_not_the_act_of_who_has_it(path: Path) -> None:
    told("say", "call", "Hello.")
    CliRunner().invoke(app, ["note", "call", "A note."])
    _, requests, events = kept(path)
    user = f"cli:{getpass.getuser()}"
    assert [request.requested_by for request in requests] == [f"{user} for anna", user]
    assert "anna" not in {event.actor for event in events}
