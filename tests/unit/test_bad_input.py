"""Every wrong setting gets one line, and the program ends with exit code 2."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from errors import BadInput
from settings import (
    GROUPS,
    WORKER_GROUPS,
    CallSettings,
    GroqAccess,
    GroqSettings,
    LiveKitSettings,
    WorkerSettings,
    check_groups,
    read,
)
from tests.support.environment import environment_restored

PROJECT = Path(__file__).parents[2]
PROCESS_LIMIT_S = 600.0
SHOULD_BE = "should be ws://HOST:PORT or wss://HOST"
SET_URL = "set it to the address of livekit-server, such as ws://127.0.0.1:7880"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A current folder with a copy of Baton's roster, and an environment without settings."""
    with environment_restored():
        for name in list(os.environ):
            if name.startswith(("BATON_", "LIVEKIT_", "GROQ_")):
                monkeypatch.delenv(name)
        monkeypatch.chdir(tmp_path)
        shutil.copytree(PROJECT / "roster", tmp_path / "roster")
        yield tmp_path


BAD_SETTINGS = [
    (LiveKitSettings, "LIVEKIT_URL", None, f"is not set; {SET_URL}"),
    (LiveKitSettings, "LIVEKIT_URL", "localhost:7880", f"'localhost:7880' {SHOULD_BE}; {SET_URL}"),
    (LiveKitSettings, "LIVEKIT_URL", "ws://", f"'ws://' {SHOULD_BE}; {SET_URL}"),
    (LiveKitSettings, "LIVEKIT_URL", "ws://[", f"'ws://[' {SHOULD_BE}; {SET_URL}"),
    (LiveKitSettings, "LIVEKIT_URL", "ws://host:99999", f"'ws://host:99999' {SHOULD_BE}; {SET_URL}"),
    (
        LiveKitSettings,
        "LIVEKIT_API_SECRET",
        None,
        "is not set; set it to the secret that belongs to the API key",
    ),
    (
        LiveKitSettings,
        "LIVEKIT_API_SECRET",
        " ",
        "should not be blank; set it to the secret that belongs to the API key",
    ),
    (
        GroqAccess,
        "GROQ_BASE_URL",
        "https://api.groq.com/openai/v1",
        "'https://api.groq.com/openai/v1' should not contain /openai/v1",
    ),
    (
        GroqAccess,
        "GROQ_BASE_URL",
        "https://me:hidden@",
        "should be https://HOST; set it to the address of Groq",
    ),
    (GroqSettings, "BATON_GROQ_VOICES", " ", "' ' should name at least one; set it to the voices"),
    (
        GroqSettings,
        "BATON_GROQ_CHAT_TEMPERATURE",
        "2.1",
        "'2.1' should be less than or equal to 2; set it to the temperature",
    ),
    (
        CallSettings,
        "BATON_DEPARTURE_S",
        "soon",
        "'soon' should be a valid number; set it to the seconds that a caller may be disconnected",
    ),
    (
        CallSettings,
        "BATON_DEPARTURE_S",
        "0",
        "'0' should be greater than 0; set it to the seconds that a caller may be disconnected",
    ),
    (CallSettings, "BATON_DEPARTURE_S", "nan", "'nan' should be a finite number; set it to the seconds"),
    (
        CallSettings,
        "BATON_FIRST_ROLE",
        " ",
        "' ' should have at least 1 character; set it to the role that answers",
    ),
    (
        WorkerSettings,
        "BATON_CALLS_AT_ONCE",
        "1.5",
        "'1.5' should be a valid integer; set it to the number of calls",
    ),
    (
        WorkerSettings,
        "BATON_CALLS_AT_ONCE",
        "0",
        "'0' should be greater than or equal to 1; set it to the number of calls",
    ),
    (
        WorkerSettings,
        "BATON_PROCESSOR_LIMIT",
        "75",
        "'75' should be less than or equal to 1; set it to the share of the processors in use",
    ),
    (
        WorkerSettings,
        "BATON_HEALTH_PORT",
        "70000",
        "'70000' should be less than or equal to 65535; set it to the port",
    ),
]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(("group", "name", "value", "said"), BAD_SETTINGS)
def test_bad_setting_is_told_by_its_name(
    monkeypatch: pytest.MonkeyPatch, group: type[WorkerSettings], name: str, value: str | None, said: str
) -> None:
    monkeypatch.setenv("LIVEKIT_URL", "ws://127.0.0.1:7880")
    monkeypatch.setenv("LIVEKIT_API_KEY", "key")
    monkeypatch.setenv("LIVEKIT_API_SECRET", "secret")
    monkeypatch.delenv(name, raising=False)
    if value is not None:
        monkeypatch.setenv(name, value)
    with pytest.raises(BadInput) as refused:
        read(group)
    assert str(refused.value).startswith(f"{name}: {said}")
    assert "\n" not in str(refused.value)


@pytest.mark.usefixtures("folder")
def test_all_wrong_settings_of_all_groups_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVEKIT_URL", "localhost")
    monkeypatch.setenv("BATON_GROQ_VOICES", " ")
    monkeypatch.setenv("BATON_DEPARTURE_S", "soon")
    monkeypatch.setenv("BATON_PATIENCE_S", "-1")
    monkeypatch.setenv("BATON_STORE_PATH", "baton.db")
    monkeypatch.setenv("BATON_CALLS_AT_ONCE", "many")
    monkeypatch.setenv("BATON_CONSOLE_PORT", "not the worker's")
    with pytest.raises(BadInput) as refused:
        check_groups(WORKER_GROUPS)
    assert [str(one).partition(": ")[0] for one in refused.value.each] == [
        "LIVEKIT_URL",
        "LIVEKIT_API_KEY",
        "LIVEKIT_API_SECRET",
        "BATON_GROQ_VOICES",
        "BATON_DEPARTURE_S",
        "BATON_PATIENCE_S",
        "BATON_STORE_PATH",
        "BATON_CALLS_AT_ONCE",
    ]
    assert str(refused.value).splitlines() == [str(one) for one in refused.value.each]


def test_an_unreadable_dotenv_is_told_once_for_all_groups(folder: Path) -> None:
    (folder / ".env").write_bytes(b"BATON_FIRST_ROLE=\xff\n")
    with pytest.raises(BadInput) as refused:
        check_groups(GROUPS)
    assert len(refused.value.each) == 1


def test_dotenv_that_is_no_text_is_told(folder: Path) -> None:
    (folder / ".env").write_bytes(b"BATON_FIRST_ROLE=\xff\n")
    with pytest.raises(BadInput, match=r"^\.env: cannot be read; make it a readable text file"):
        read(CallSettings)


@pytest.mark.usefixtures("folder")
def test_bad_secrets_are_told_without_their_words(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LIVEKIT_API_SECRET", "LIVEKIT_API_KEY", "GROQ_API_KEY", "LIVEKIT_URL", "GROQ_BASE_URL"):
        monkeypatch.setenv(name, "ftp://user:hidden-words@host")
    for group in (LiveKitSettings, GroqAccess):
        with pytest.raises(BadInput) as refused:
            read(group)
        assert "hidden-words" not in str(refused.value)


def run_doctor(*options: str) -> tuple[int, str]:
    """Run the doctor as its own process in the current folder. Return its exit code and output."""
    program = "import typer; from operators.cli.doctor import doctor; typer.run(doctor)"
    ended = subprocess.run(
        [sys.executable, "-c", program, *options],
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        check=False,
        timeout=PROCESS_LIMIT_S,
    )
    assert ended.stderr.decode() == ""
    return ended.returncode, ended.stdout.decode()


@pytest.mark.usefixtures("folder")
def test_command_line_says_what_is_wrong_without_colours_and_ends_with_2() -> None:
    code, output = run_doctor()
    assert code == 2
    assert "LIVEKIT_URL: is not set\n" in output
    assert f"→ {SET_URL}\n" in output
    assert "skipped livekit" in output
    assert "\x1b" not in output


def test_command_line_says_every_mistake_of_settings_and_roster(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BATON_HUNG_AFTER_S", "0")
    (folder / "roster" / "sales.md").write_text("You are sales.\n", encoding="utf-8")
    (folder / "roster" / "summary.md").unlink()
    code, output = run_doctor("--json")
    wrong = [check["detail"] for check in json.loads(output)["checks"] if check["bad_input"]]
    assert code == 2
    assert wrong == [
        "LIVEKIT_URL: is not set",
        "LIVEKIT_API_KEY: is not set",
        "LIVEKIT_API_SECRET: is not set",
        "BATON_HUNG_AFTER_S: '0' should be greater than or equal to 1",
        "roster/summary.md: is missing",
        "roster/sales.md:1: has no front matter",
        "GROQ_API_KEY: is not set",
    ]


def test_bad_roster_ends_the_command_line_with_2(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVEKIT_URL", "ws://127.0.0.1:9")
    monkeypatch.setenv("LIVEKIT_API_KEY", "key")
    monkeypatch.setenv("LIVEKIT_API_SECRET", "a-secret-that-is-as-long-as-it-must-be")
    monkeypatch.setenv("GROQ_BASE_URL", "http://127.0.0.1:9")
    (folder / "roster" / "sales.md").write_text("You are sales.\n", encoding="utf-8")
    code, output = run_doctor("--json")
    found = {check["check"]: check for check in json.loads(output)["checks"]}
    assert code == 2
    assert found["roster"]["verdict"] == "wrong"
    assert found["roster"]["detail"] == "roster/sales.md:1: has no front matter"
    assert found["settings"]["verdict"] == "well"
    assert [name for name, check in found.items() if check["bad_input"]] == ["roster"]


WHAT_STOPS_A_START = {
    "BATON_CALL_PAGE_ORIGINS": "nonsense",
    "BATON_OPENID_ISSUER": "nonsense",
    "BATON_RECORDING_KEY_FILE": "nowhere",
    "BATON_FALLBACK_ROLE": "nobody",
    "BATON_PRICES": "nowhere.md",
}


@pytest.mark.usefixtures("folder")
def test_command_line_says_all_that_would_stop_a_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATON_RECORDING_FOLDER", "sound")
    for name, value in WHAT_STOPS_A_START.items():
        monkeypatch.setenv(name, value)
    code, output = run_doctor("--json")
    wrong = {
        check["detail"].partition(":")[0] for check in json.loads(output)["checks"] if check["bad_input"]
    }
    assert code == 2
    assert wrong >= {*WHAT_STOPS_A_START, "nowhere.md"} - {"BATON_PRICES"}
