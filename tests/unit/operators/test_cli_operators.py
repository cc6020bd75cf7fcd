"""`baton operators renew`, `--expires` and `sessions` on a real store."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from clock import SystemClock
from operators.auth.access import token_hash
from operators.auth.sessions import Sessions
from operators.cli import app
from persistence.access import Operator, Right
from persistence.sqlite import open_store
from settings import AccessSettings


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BATON_STORE", f"sqlite:///{tmp_path / 'baton.db'}")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "baton.db"


def baton(*words: str) -> Result:
    return CliRunner().invoke(app, ["operators", *words])


def token_of(answer: Result) -> str:
    assert answer.exit_code == 0, answer.output
    return str(json.loads(answer.stdout)["token"])


def known(store: Path) -> Sequence[Operator]:
    async def ask() -> Sequence[Operator]:
        async with open_store(store) as opened:
            return await opened.operators()

    return asyncio.run(ask())


def sign_in(store: Path) -> str:
    """Sign Anna in; return the session's id."""

    async def begin() -> str:
        async with open_store(store) as opened:
            (anna,) = await opened.operators()
            _, session = await Sessions(opened, SystemClock(), AccessSettings()).begin(anna)
            return session.id

    return asyncio.run(begin())


def test_finding_1_a_renewed_operator_has_a_new_token_alone_and_may_have_other_rights(store: Path) -> None:
    first = token_of(baton("add", "anna", "--rights", "read", "--json"))
    second = token_of(baton("renew", "anna", "--json"))
    (anna,) = known(store)
    assert anna.token_hash == token_hash(second) != token_hash(first)
    assert anna.rights == {Right.READ}
    token_of(baton("renew", "anna", "--rights", "read,data", "--json"))
    assert known(store)[0].rights == {Right.READ, Right.DATA}


def test_finding_1_renewing_nobody_or_somebody_revoked_is_refused(store: Path) -> None:
    token_of(baton("add", "anna", "--json"))
    assert baton("revoke", "anna").exit_code == 0
    for name in ("anna", "nobody"):
        answer = baton("renew", name)
        assert answer.exit_code == 1
        assert f"there is no operator called {name}, or their token was revoked" in answer.stderr


def test_finding_1_a_token_gets_an_end_that_lies_ahead(store: Path) -> None:
    answer = baton("add", "anna", "--expires", "2020-01-31")
    assert answer.exit_code == 2
    assert "--expires should be a time in the future" in answer.stderr
    token_of(baton("add", "anna", "--expires", "2999-01-31", "--json"))
    expires_at = known(store)[0].expires_at
    assert expires_at is not None
    assert expires_at > SystemClock().now_ms()
    token_of(baton("renew", "anna", "--json"))
    assert known(store)[0].expires_at is None


def test_finding_1_sessions_are_listed_and_ended_by_id_or_by_name(store: Path) -> None:
    token_of(baton("add", "anna", "--json"))
    first, second = sign_in(store), sign_in(store)
    listed = json.loads(baton("sessions", "--json").stdout)
    assert {one["id"] for one in listed} == {first, second}
    assert {one["name"] for one in listed} == {"anna"}
    ended = baton("sessions", "--end", first)
    assert f"the session {first} of anna has ended" in ended.stdout
    assert [one["id"] for one in json.loads(baton("sessions", "--json").stdout)] == [second]
    assert baton("sessions", "--end", "anna").exit_code == 0
    assert json.loads(baton("sessions", "--json").stdout) == []
    again = baton("sessions", "--end", "anna")
    assert again.exit_code == 1
    assert "no open session has the id anna" in again.stderr
