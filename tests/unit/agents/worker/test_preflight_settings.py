"""Everything that a person wrote is checked together, before anything else."""

from __future__ import annotations

import os
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path

import pytest

import worker
from agents.worker.preflight import check_written
from errors import BadInput
from settings import Settings

PROJECT = Path(__file__).parents[4]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder with a copy of Baton's roster, and settings that are right."""
    for name in list(os.environ):
        if name.startswith(("BATON_", "LIVEKIT_", "GROQ_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    shutil.copytree(PROJECT / "roster", tmp_path / "roster")
    monkeypatch.setenv("LIVEKIT_URL", "ws://127.0.0.1:7880")
    monkeypatch.setenv("LIVEKIT_API_KEY", "key")
    monkeypatch.setenv("LIVEKIT_API_SECRET", "secret")
    monkeypatch.setenv("BATON_HEALTH_PORT", "0")
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_right_settings_and_roster_pass() -> None:
    assert "front-desk" in check_written(Settings()).names


def test_mistakes_of_settings_roster_and_port_are_told_together(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVEKIT_URL", "localhost")
    monkeypatch.setenv("BATON_LEASE_S", "1")
    (folder / "roster" / "sales.md").write_text("You are sales.\n", encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setenv("BATON_HEALTH_PORT", str(taken.getsockname()[1]))
        with pytest.raises(BadInput) as refused:
            check_written(Settings())
    assert [one.where for one in refused.value.each] == [
        "LIVEKIT_URL",
        "BATON_LEASE_S",
        "BATON_HEALTH_PORT",
        "roster/sales.md:1",
    ]


@pytest.mark.usefixtures("folder")
def test_processors_for_less_than_one_call_are_refused_with_what_would_be_enough(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("agents.worker.preflight.get_cpu_monitor", lambda: Processors(2.0))
    monkeypatch.setenv("BATON_PROCESSOR_LIMIT", "0.05")
    with pytest.raises(BadInput) as refused:
        check_written(Settings())
    assert str(refused.value) == (
        "BATON_PROCESSOR_LIMIT: 0.05 of 2 processors is less than one call takes; set it to 0.06 or more"
    )
    monkeypatch.setenv("BATON_PROCESSOR_LIMIT", "0.06")
    check_written(Settings())


@dataclass
class Processors:
    count: float

    def cpu_count(self) -> float:
        return self.count


@pytest.mark.usefixtures("folder")
def test_both_roles_that_settings_name_wrongly_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATON_FIRST_ROLE", "sales")
    monkeypatch.setenv("BATON_FALLBACK_ROLE", "support")
    with pytest.raises(BadInput) as refused:
        check_written(Settings())
    assert [one.where for one in refused.value.each] == ["BATON_FIRST_ROLE", "BATON_FALLBACK_ROLE"]


@pytest.mark.usefixtures("folder")
def test_a_worker_that_cannot_be_made_tells_the_other_groups_mistakes_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BATON_CALLS_AT_ONCE", "many")
    monkeypatch.delenv("LIVEKIT_URL")
    with pytest.raises(SystemExit) as ended:
        worker.make_server()
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(": ")[:2] for line in lines] == [
        ["baton", "LIVEKIT_URL"],
        ["baton", "BATON_CALLS_AT_ONCE"],
    ]
    assert ended.value.code == 2


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(("given", "then"), [("", "0"), ("250", "250")])
def test_livekits_watch_over_event_loops_is_off_unless_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, given: str, then: str
) -> None:
    monkeypatch.setenv(worker.LOOP_MONITOR, given)
    worker.make_server()
    assert os.environ[worker.LOOP_MONITOR] == then
