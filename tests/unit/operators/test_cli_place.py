"""Which store a command uses, how it says so, and that it finds the one that `make dev` runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner, Result

from errors import SetupFailed
from operators.cli import app
from operators.dev_stack import FOLDER, DevStack, dev_stack, only_one
from tests.support.database import make_database

ROOT = Path(__file__).parents[3]
LINK = "http://127.0.0.1:8090/#token=baton_x"


def baton(*words: str) -> Result:
    return CliRunner().invoke(app, words)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder without settings where make dev has run; settings that a command adopts end with the test."""
    for name in list(os.environ):
        if name.startswith(("BATON_", "LIVEKIT_", "GROQ_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    FOLDER.mkdir(parents=True)
    for place in (Path("baton.db"), FOLDER / "baton.db"):
        make_database(place)
    before = dict(os.environ)
    yield tmp_path
    for name in set(os.environ) - set(before):
        monkeypatch.delenv(name)


@pytest.fixture
def running(folder: Path) -> Iterator[DevStack]:
    stack = DevStack(LINK, {"BATON_STORE": f"sqlite:///{folder / FOLDER / 'baton.db'}"})
    with only_one() as file:
        file.tell(stack)
        yield stack


@pytest.mark.usefixtures("running")
def test_a_command_finds_the_stack_that_make_dev_runs(folder: Path) -> None:
    answer = baton("calls")
    assert answer.exit_code == 0
    assert answer.stderr == f"store: {folder / FOLDER / 'baton.db'} (of make dev, which runs here)\n"


def test_without_make_dev_a_command_says_that_nothing_is_set(folder: Path) -> None:
    assert baton("calls").stderr == f"store: {folder / 'baton.db'} (BATON_STORE is not set)\n"


@pytest.mark.usefixtures("running")
@pytest.mark.parametrize("line", ["BATON_STORE=sqlite:///baton.db", "LIVEKIT_URL=wss://example.com"])
def test_settings_that_name_another_place_win_and_both_are_said(folder: Path, line: str) -> None:
    Path(".env").write_text(line)
    (said,) = baton("calls").stderr.splitlines()
    assert said.startswith(f"store: {folder / 'baton.db'} (BATON_STORE")
    assert said.endswith(f"; make dev, which runs here, has {folder / FOLDER / 'baton.db'})")


@pytest.mark.usefixtures("running")
def test_settings_left_empty_as_in_the_example_name_no_place(folder: Path) -> None:
    Path(".env").write_text("LIVEKIT_URL=\nBATON_STORE=\n")
    assert str(folder / FOLDER) in baton("calls").stderr


@pytest.mark.usefixtures("running")
def test_with_json_nothing_is_said_besides() -> None:
    answer = baton("calls", "--json")
    assert (json.loads(answer.stdout), answer.stderr) == ([], "")


@pytest.mark.usefixtures("running")
def test_a_second_make_dev_in_the_folder_gets_the_link_of_the_first() -> None:
    with pytest.raises(SetupFailed) as refused, only_one():
        pass
    assert str(refused.value) == f"make dev runs in this folder already: {LINK}"


def test_a_stack_that_has_ended_is_remembered_but_not_used(folder: Path) -> None:
    stack = DevStack(LINK, {"BATON_STORE": f"sqlite:///{folder / FOLDER / 'baton.db'}"})
    with only_one() as file:
        file.tell(stack)
    assert dev_stack(running=True) is None
    Path("baton.db").unlink()
    answer = baton("calls")
    assert answer.exit_code == 1
    assert answer.stderr.endswith(
        f"; make dev has left one here: BATON_STORE={stack.settings['BATON_STORE']}\n"
    )
    with only_one() as file:
        assert file.last == stack


def test_what_holds_a_token_is_for_this_user_alone() -> None:
    with only_one():
        assert (FOLDER / "running.json").stat().st_mode & 0o077 == 0


def test_a_command_imports_only_what_it_needs() -> None:
    program = """
import sys
from operators.cli import app
app(["calls", "--help"], standalone_mode=False)
assert not {"livekit", "numpy", "fastapi", "cryptography", "agents.roster.roster"} & set(sys.modules)
"""
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, timeout=600)
    assert ended.returncode == 0, ended.stderr


def commands_of(group: object, prefix: str = "") -> dict[str, Any]:
    """Return every command below a group, by the words to type."""
    found: dict[str, Any] = {}
    for name, command in vars(group)["commands"].items():
        below = "commands" in vars(command)
        found |= commands_of(command, f"{prefix}{name} ") if below else {f"{prefix}{name}": command}
    return found


def test_every_command_and_option_has_a_help_text() -> None:
    commands = commands_of(get_command(app))
    for name, command in commands.items():
        assert command.help, name
        for parameter in command.params:
            assert getattr(parameter, "help", None), f"{name} {parameter.name}"
