"""`baton person`, `forget` and `legal-hold` on a real store."""

from __future__ import annotations

import asyncio
import json
import stat
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from operators.cli import app
from persistence.records import CALLER, CallEnd
from persistence.sqlite import open_store
from tests.contract.building import HOLDER, START, a_call
from tests.support.database import make_database

NUMBER = "+49 170 1234567"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store with one call that is over; commands run in its folder."""
    monkeypatch.setenv("BATON_STORE", f"sqlite:///{tmp_path / 'baton.db'}")
    monkeypatch.chdir(tmp_path)
    make_database(tmp_path / "baton.db")

    async def fill() -> None:
        async with open_store(tmp_path / "baton.db") as store:
            await store.open_call(replace(a_call(), caller_number=NUMBER))
            await store.append_turn(a_call().id, CALLER, "words", started_at=1, ended_at=2)
            await store.end_call(a_call().id, CallEnd.GOODBYE, job=HOLDER, at=START)

    asyncio.run(fill())
    return tmp_path


def baton(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def test_finding_3_a_person_is_written_into_a_file_of_the_user_alone(folder: Path) -> None:
    assert baton("person", "0170 1234567", "--to", "p.zip").exit_code == 0
    assert stat.S_IMODE((folder / "p.zip").stat().st_mode) == 0o600
    assert "calls/call-1.json" in zipfile.ZipFile(folder / "p.zip").namelist()
    again = baton("person", NUMBER, "--to", "p.zip")
    assert (again.exit_code, again.stderr.splitlines()[-1]) == (
        2,
        "--to: p.zip exists already; name a new file",
    )
    nobody = baton("person", "+49 30 99999", "--to", "q.zip")
    assert (nobody.exit_code, nobody.stderr.strip().splitlines()[-1]) == (
        1,
        "nothing is stored about this caller",
    )
    assert not (folder / "q.zip").exists()


def test_finding_3_a_person_is_forgotten_unless_a_legal_hold_keeps_the_call() -> None:
    assert baton("legal-hold", "call-1", "--by", "anna").exit_code == 0
    kept = baton("forget", NUMBER, "--by", "anna")
    assert kept.exit_code == 1
    assert "call-1 is under legal hold: baton legal-hold call-1 --end" in kept.stdout
    assert baton("legal-hold", "call-1", "--end").exit_code == 0
    assert baton("legal-hold", "call-1", "--end").exit_code == 3
    done = baton("forget", NUMBER, "--json")
    assert json.loads(done.stdout) == {"forgotten": 1, "open": [], "on_legal_hold": [], "remains": ""}
