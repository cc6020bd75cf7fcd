"""Each setting has one name, one description and one default, and .env.example says so."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from errors import BadInput
from settings import (
    ENV_FILE,
    GROUPS,
    CallSettings,
    GroqAccess,
    KeepingSettings,
    LiveKitSettings,
    Settings,
    adopt,
    check_groups,
    check_kept_for_a_call,
    describe,
    env_name,
    load_env_file,
    unknown_names,
)
from tests.support.environment import environment_restored

PROJECT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Remove every setting except those that a test sets; there is no .env."""
    with environment_restored():
        for name in list(os.environ):
            if name.startswith(("BATON_", "LIVEKIT_", "GROQ_")):
                monkeypatch.delenv(name)
        monkeypatch.chdir(tmp_path)
        yield


def test_example_names_every_setting_as_the_program_knows_it() -> None:
    assert (PROJECT / ".env.example").read_text(encoding="utf-8") == describe()


def test_settings_write_the_example_by_themselves() -> None:
    written = subprocess.run([sys.executable, "-m", "settings"], cwd=PROJECT, capture_output=True, check=True)
    assert written.stdout.decode() == describe()


def test_example_holds_no_secret() -> None:
    for line in describe().splitlines():
        if line.partition("=")[0].endswith(("_KEY", "_SECRET")):
            assert line.endswith("=")


def test_no_two_settings_share_a_name() -> None:
    names = Counter(env_name(group, field) for group in GROUPS for field in group.model_fields)
    assert [name for name, times in names.items() if times > 1] == []


def test_every_setting_says_what_it_is_and_in_which_unit() -> None:
    for group in GROUPS:
        for field, info in group.model_fields.items():
            assert info.description, field
            if field.endswith("_s"):
                assert "second" in info.description, field


def test_defaults_are_good_settings() -> None:
    settings = Settings()
    assert settings.groq.voices.split()
    assert settings.call.first_role == "front-desk"
    assert settings.handoff.handoffs_per_call == 5
    assert settings.worker.roster_folder == Path("roster")
    assert settings.groq_access.api_key is None


@pytest.mark.parametrize(
    ("field", "value", "limit", "most"),
    [
        ("BATON_GROQ_FIRST_TOKEN_LIMIT_S", "3", "BATON_GROQ_WORDS_LIMIT_S", "1.9"),
        ("BATON_GROQ_WORDS_LIMIT_S", "60", "BATON_GROQ_ANSWER_LIMIT_S", "20"),
        ("BATON_GROQ_REST_S", "600", "BATON_GROQ_LONGEST_REST_S", "120"),
        ("BATON_RECOVER_LIMIT_S", "40", "BATON_RECOVERY_LIMIT_S", "30"),
        ("BATON_ACCESS_SESSION_IDLE_S", "50000", "BATON_ACCESS_SESSION_LONGEST_S", "43200"),
    ],
)
def test_a_limit_that_another_one_keeps_from_having_an_effect_is_refused(
    monkeypatch: pytest.MonkeyPatch, field: str, value: str, limit: str, most: str
) -> None:
    monkeypatch.setenv(field, value)
    with pytest.raises(BadInput) as refused:
        check_groups(tuple(group for group in GROUPS if group is not LiveKitSettings))
    assert str(refused.value) == (
        f"{field}: {value} is more than {limit}, which is {most}; set it to {most} or less, or raise {limit}"
    )


def test_a_command_needs_only_the_settings_it_uses() -> None:
    settings = Settings()
    assert settings.worker.agent_name == "baton"
    with pytest.raises(BadInput):
        _ = settings.livekit


def test_dotenv_is_read_and_the_environment_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("BATON_FIRST_ROLE=billing\nBATON_AGENT_NAME=theirs\n")
    monkeypatch.setenv("BATON_AGENT_NAME", "ours")
    assert Settings().call.first_role == "billing"
    assert Settings().worker.agent_name == "ours"


def test_dotenv_serves_libraries_and_the_programs_that_are_started(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("LIVEKIT_URL=ws://127.0.0.1:7880\nHTTPS_PROXY=http://127.0.0.1:3128\n")
    assert Settings().call.first_role == "front-desk"
    assert os.environ["LIVEKIT_URL"] == "ws://127.0.0.1:7880"
    assert os.environ["HTTPS_PROXY"] == "http://127.0.0.1:3128"


def test_dotenv_is_read_once_even_if_it_changes(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("BATON_FIRST_ROLE=billing\n")
    assert Settings().call.first_role == "billing"
    (tmp_path / ".env").write_text("BATON_FIRST_ROLE=technical\nBATON_AGENT_NAME=later\n")
    assert (Settings().call.first_role, Settings().worker.agent_name) == ("billing", "baton")
    assert os.environ[ENV_FILE] == "", "the programs that this one starts do not read it either"


def test_empty_variable_of_the_environment_does_not_hide_dotenv(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("BATON_FIRST_ROLE=billing\n")
    monkeypatch.setenv("BATON_FIRST_ROLE", "")
    assert Settings().call.first_role == "billing"


def test_file_that_is_named_must_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine").write_text("BATON_FIRST_ROLE=billing\n")
    monkeypatch.setenv(ENV_FILE, "nobodys")
    with pytest.raises(BadInput) as refused:
        _ = Settings().call
    assert (
        str(refused.value) == "BATON_ENV_FILE: nobodys does not exist; name a file, or leave it out for .env"
    )
    monkeypatch.setenv(ENV_FILE, "e" * 300)
    with pytest.raises(BadInput, match=r"^e+: cannot be read; make it a readable text file"):
        _ = Settings().call
    monkeypatch.setenv(ENV_FILE, "mine")
    assert Settings().call.first_role == "billing"


def test_lines_of_dotenv_that_are_no_settings_are_all_told(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        "BATON_AGENT_NAME=theirs\n\n# a note\nBATON_CALLS_AT_ONCE: 3\n"
        'BATON_FIRST_ROLE="billing\nHTTPS_PROXY=a\0b\nBATON_LONGEST_CALL_S\n'
    )
    with pytest.raises(BadInput) as refused:
        load_env_file()
    right = 'write NAME=VALUE, or NAME="VALUE" with both quotes'
    assert [str(one) for one in refused.value.each] == [
        f".env:4: is no setting; {right}",
        f".env:5: is no setting; {right}",
        ".env:6: HTTPS_PROXY has a zero byte in its value; remove it",
        f".env:7: is no setting; {right}",
    ]
    assert "BATON_AGENT_NAME" not in os.environ, "nothing of it counts"


def test_a_name_with_two_values_in_dotenv_is_told(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        "BATON_CALLS_AT_ONCE=3\nBATON_FIRST_ROLE=\nBATON_FIRST_ROLE=billing\nBATON_FIRST_ROLE=billing\n\n"
        "BATON_CALLS_AT_ONCE=4\n"
    )
    with pytest.raises(BadInput) as refused:
        load_env_file()
    (told,) = refused.value.each
    assert str(told) == (
        ".env:6: BATON_CALLS_AT_ONCE has another value than in .env:1; keep one of the two lines"
    )


def test_a_dotenv_that_is_a_link_to_nothing_is_not_taken_for_none(tmp_path: Path) -> None:
    (tmp_path / ".env").symlink_to("nowhere")
    with pytest.raises(BadInput, match=r"^\.env: cannot be read; make it a readable text file, or remove it"):
        load_env_file()


def test_command_line_comes_before_dotenv(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        "LIVEKIT_URL=ws://127.0.0.2:1\nLIVEKIT_API_KEY=key\nLIVEKIT_API_SECRET=secret\n"
    )
    adopt({"LIVEKIT_URL": "ws://localhost:2", "LIVEKIT_API_KEY": ""})
    assert (Settings().livekit.url, Settings().livekit.api_key) == ("ws://localhost:2", "key")


def test_secret_pasted_with_its_line_end_is_what_was_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROQ_API_KEY", " gsk_x\n")
    access = Settings().groq_access
    assert access.api_key is not None
    assert access.api_key.get_secret_value() == "gsk_x"


def test_secrets_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GROQ_API_KEY", "LIVEKIT_API_KEY", "LIVEKIT_API_SECRET"):
        monkeypatch.setenv(name, "hidden-words" if name != "LIVEKIT_API_KEY" else "key")
    monkeypatch.setenv("LIVEKIT_URL", "ws://127.0.0.1:7880")
    assert "hidden-words" not in repr(GroqAccess()) + repr(LiveKitSettings())


def test_misspelt_settings_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATON_REDY_LIMIT_S", "3")
    (tmp_path / ".env").write_text("BATON_FRIST_ROLE=billing\nBATON_FIRST_ROLE=billing\n")
    assert unknown_names() == [
        "BATON_FRIST_ROLE (BATON_FIRST_ROLE?)",
        "BATON_REDY_LIMIT_S (BATON_READY_LIMIT_S?)",
    ]


@pytest.mark.parametrize(
    ("value", "right"), [("baton.db", "sqlite:///baton.db"), ("/var/lib/a b.db", "sqlite:////var/lib/a b.db")]
)
def test_renamed_setting_is_refused_with_its_new_name_and_value(
    monkeypatch: pytest.MonkeyPatch, value: str, right: str
) -> None:
    monkeypatch.setenv("BATON_STORE_PATH", value)
    with pytest.raises(BadInput) as refused:
        _ = Settings().worker
    assert str(refused.value) == f"BATON_STORE_PATH: is called BATON_STORE now; write BATON_STORE={right}"
    assert Settings().call.first_role == "front-desk"


def test_renamed_setting_is_found_in_dotenv_as_well(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("BATON_STORE_PATH=baton.db\n")
    with pytest.raises(BadInput, match=r"write BATON_STORE=sqlite:///baton[.]db"):
        _ = Settings().worker


def test_the_silence_that_ended_a_turn_is_refused_with_the_setting_in_its_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BATON_END_OF_TURN_S", "0.6")
    with pytest.raises(BadInput, match=r"is called BATON_TURN_TAKING now; write BATON_TURN_TAKING=balanced"):
        _ = Settings().call
    monkeypatch.delenv("BATON_END_OF_TURN_S")
    monkeypatch.setenv("BATON_TURN_TAKING", "quick")
    with pytest.raises(BadInput, match=r"BATON_TURN_TAKING: 'quick' .*'hasty', 'balanced' or 'patient'"):
        _ = Settings().call


def livekit_at(url: str, secret: str, monkeypatch: pytest.MonkeyPatch, **others: str) -> LiveKitSettings:
    given = {"LIVEKIT_URL": url, "LIVEKIT_API_KEY": "key", "LIVEKIT_API_SECRET": secret, **others}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    return Settings().livekit


@pytest.mark.parametrize("url", ["ws://calls.example", "http://10.0.0.7:7880", "ws://[2001:db8::1]:7880"])
def test_finding_9_a_livekit_server_elsewhere_needs_tls_or_leave(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BadInput, match=r"LIVEKIT_URL: .* without TLS; write wss://, or LIVEKIT_ALLOW_PLAIN"):
        livekit_at(url, "s" * 32, monkeypatch)
    assert livekit_at(url, "s" * 32, monkeypatch, LIVEKIT_ALLOW_PLAIN="true").url == url


@pytest.mark.parametrize("url", ["ws://localhost:7880", "ws://127.0.0.1:7880", "http://[::1]:7880"])
def test_finding_9_on_this_machine_a_short_secret_without_tls_will_do(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert livekit_at(url, "secret", monkeypatch).url == url


def test_finding_9_a_short_secret_of_a_server_elsewhere_is_refused_and_not_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(BadInput) as refused:
        livekit_at("wss://calls.example", "short-one", monkeypatch)
    assert str(refused.value).startswith("LIVEKIT_API_SECRET: has fewer than 32 characters; give the server")
    assert "short-one" not in str(refused.value)
    assert livekit_at("wss://calls.example", "s" * 32, monkeypatch)


def test_finding_9_groq_elsewhere_needs_tls_or_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROQ_BASE_URL", "http://proxy.example")
    with pytest.raises(BadInput, match=r"GROQ_BASE_URL: .* write https://, or GROQ_ALLOW_PLAIN=true"):
        _ = Settings().groq_access
    monkeypatch.setenv("GROQ_ALLOW_PLAIN", "true")
    assert Settings().groq_access.base_url == "http://proxy.example"


def test_finding_9_browsers_are_sent_to_livekit_with_tls_or_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATON_CONSOLE_LIVEKIT_URL", "ws://calls.example")
    with pytest.raises(BadInput, match=r"BATON_CONSOLE_LIVEKIT_URL: .* BATON_CONSOLE_ALLOW_PLAIN=true"):
        _ = Settings().console


def test_finding_11_a_short_key_for_numbers_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATON_NUMBER_KEY", "short")
    with pytest.raises(BadInput, match=r"BATON_NUMBER_KEY: should have at least 32 characters"):
        _ = Settings().keeping


def test_a_recording_folder_without_a_key_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATON_RECORDING_FOLDER", "recordings")
    with pytest.raises(BadInput, match=r"BATON_RECORDING_KEY_FILE: is not set; set both"):
        _ = Settings().recording


def test_a_recording_that_is_kept_for_less_than_a_call_is_refused() -> None:
    keeping = KeepingSettings.model_construct(keep_recordings_days=0.01)
    with pytest.raises(BadInput, match="BATON_KEEP_RECORDINGS_DAYS"):
        check_kept_for_a_call(keeping, CallSettings.model_construct())
