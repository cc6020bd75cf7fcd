"""Wrong command lines: each is refused in one line that says what would be right, and nothing is done."""

from __future__ import annotations

import asyncio
import getpass
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from operators.cli import app
from operators.cli.act_context import name_of
from persistence.sqlite import open_store
from tests.contract.building import CALL, a_call
from tests.support.database import make_database

NOT_TEXT = os.fsdecode(b"\xff")
"""Bytes that are not UTF-8, as Python receives them from the shell."""
EMPTY = "ID: is empty; write a call's or handoff's id, or its first characters\n"


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store whose only call is open: even an empty beginning of an id would mean that call."""
    path = tmp_path / "baton.db"
    monkeypatch.setenv("BATON_STORE", f"sqlite:///{path}")
    monkeypatch.setenv("LIVEKIT_URL", "ws://127.0.0.1:9")
    monkeypatch.setenv("LIVEKIT_API_KEY", "key")
    monkeypatch.setenv("LIVEKIT_API_SECRET", "a secret that is long enough for a signature")
    monkeypatch.chdir(Path(__file__).parents[2])
    make_database(path)

    async def fill() -> None:
        async with open_store(path) as store:
            await store.open_call(a_call())

    asyncio.run(fill())
    return path


def baton(*words: str) -> Result:
    return CliRunner().invoke(app, words)


@pytest.mark.parametrize(
    "command", ["show", "end", "hold", "legal-hold", "watch", "handoffs --call", "export --call"]
)
def test_an_empty_id_is_not_taken_for_the_only_call_or_for_all(path: Path, command: str) -> None:
    answer = baton(*command.split(), "")
    assert (answer.exit_code, answer.stdout, answer.stderr) == (2, "", EMPTY)

    async def untouched() -> bool:
        async with open_store(path) as store:
            call = await store.call(CALL)
            return call is not None and call.legal_hold_by is None and not await store.requests(CALL)

    assert asyncio.run(untouched())


REFUSED = [
    (["calls", "--limit", str(10**30)], "--limit"),
    (["handoffs", "--limit", str(2**63)], "--limit"),
    (["watch", "--after", str(10**30)], "--after"),
    (["show", NOT_TEXT], "is not UTF-8 text"),
    (["note", "call", NOT_TEXT], "is not UTF-8 text"),
    (["calls", "--search", NOT_TEXT], "is not UTF-8 text"),
]


@pytest.mark.parametrize(("words", "said"), REFUSED)
def test_what_no_store_takes_is_refused_by_the_command_line(words: list[str], said: str) -> None:
    answer = baton(*words)
    assert answer.exit_code == 2
    assert said in answer.stderr


@pytest.fixture
def _west_of_greenwich(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as changed:
        changed.setenv("TZ", "EST5")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("_west_of_greenwich")
@pytest.mark.parametrize("command", ["calls --until", "export --since", "operators add anna --expires"])
def test_a_time_that_no_calendar_has_in_utc_is_refused(command: str) -> None:
    answer = baton(*command.split(), "9999-12-31T23:59:59")
    assert answer.exit_code == 2
    assert "9999-12-31 cannot be converted" in answer.stderr


def test_a_user_without_a_name_is_known_by_their_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def unnamed() -> str:
        raise KeyError("getpwuid(): uid not found: 10001")

    monkeypatch.setattr(getpass, "getuser", unnamed)
    assert name_of("anna") == f"cli:{os.getuid()} for anna"
