"""A worker reports each bad input before it takes any call: one line, exit code 2.

Two of the starts run the real program. The others run in this process, where the worker is imported once.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from pathlib import Path

import pytest

import worker
from local.groq_standin import StandIn
from local.livekit.server import LiveKitServer
from tests.start.bad_inputs import BAD, Workshop
from tests.start.starting import PROJECT, SERVICE, is_ours, start

pytestmark = pytest.mark.asyncio(loop_scope="session")

PROGRAMS = ("setting_that_is_no_number", "wrong_secret")
"""One bad input that is found while the server is created, and one that is found while it runs."""


@pytest.fixture
def shop(livekit: LiveKitServer, stand_in: StandIn, tmp_path: Path, name: str) -> Workshop:
    """Prepare a start with the bad input `name`."""
    shop = Workshop(tmp_path, all_well(livekit, stand_in, tmp_path))
    shutil.copytree(PROJECT / "roster", tmp_path / "roster")
    spoil, _ = BAD[name]
    spoil(shop)
    return shop


def all_well(livekit: LiveKitServer, stand_in: StandIn, folder: Path) -> dict[str, str]:
    return {
        **livekit.env,
        "GROQ_BASE_URL": stand_in.url,
        "GROQ_API_KEY": stand_in.key,
        "BATON_HEALTH_PORT": "0",
        "BATON_ROSTER_FOLDER": str(folder / "roster"),
        "BATON_STORE": f"sqlite:///{folder / 'baton.db'}",
        "BATON_LINES_FOLDER": str(folder / "lines"),
    }


def said_of(name: str, folder: Path, livekit: LiveKitServer) -> str:
    said = str(BAD[name][1]).replace("{folder}", str(folder))
    return f"baton: {said.replace('{taken}', livekit.url.rpartition(':')[2])}"


@pytest.mark.parametrize("name", PROGRAMS)
async def test_program_says_a_bad_input_in_one_line_before_any_call(
    shop: Workshop, livekit: LiveKitServer, name: str
) -> None:
    write_env_file(shop)
    ended = await start(shop.folder, {})
    assert ended.errors == [said_of(name, shop.folder, livekit)]
    assert ended.code == 2
    assert "registered worker" not in ended.log
    assert [entry for entry in map(json.loads, ended.log.splitlines()) if entry["level"] == "ERROR"] == []


@pytest.mark.parametrize("name", ["wrong_key"])
async def test_service_says_what_livekit_server_refuses_and_ends_with_2(
    shop: Workshop, livekit: LiveKitServer, name: str
) -> None:
    write_env_file(shop, BATON_CONSOLE_PORT="0")
    ended = await start(shop.folder, {}, SERVICE)
    assert ended.errors[-1] == said_of(name, shop.folder, livekit).removeprefix("baton: ")
    assert ended.code == 2
    assert ended.log == ""


def write_env_file(shop: Workshop, **more: str) -> None:
    """Write all settings to .env and leave none in the environment, as README says."""
    lines = [f"{name}={value}\n" for name, value in {**shop.env, **more}.items()]
    (shop.folder / ".env").write_text("".join(lines), encoding="utf-8")


@pytest.mark.parametrize("name", [name for name in BAD if name not in PROGRAMS])
async def test_bad_input_is_said_in_one_line_before_any_call(
    shop: Workshop,
    livekit: LiveKitServer,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for inherited in filter(is_ours, list(os.environ)):
        monkeypatch.delenv(inherited)
    for setting, value in shop.env.items():
        monkeypatch.setenv(setting, value)
    monkeypatch.chdir(shop.folder)
    with pytest.raises(SystemExit) as ended:
        async with asyncio.timeout(30):
            await worker.make_server().run()
    assert capsys.readouterr().err.splitlines() == [said_of(name, shop.folder, livekit)]
    assert ended.value.code == 2
    assert "registered worker" not in caplog.text
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.mark.parametrize("name", ["unknown_first_role"])
async def test_a_misspelt_setting_is_said_although_it_is_no_mistake(
    shop: Workshop,
    livekit: LiveKitServer,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for inherited in filter(is_ours, list(os.environ)):
        monkeypatch.delenv(inherited)
    for setting, value in (shop.env | {"BATON_FRIST_ROLE": "billing"}).items():
        monkeypatch.setenv(setting, value)
    monkeypatch.chdir(shop.folder)
    with pytest.raises(SystemExit):
        async with asyncio.timeout(30):
            await worker.make_server().run()
    assert capsys.readouterr().err.splitlines() == [
        "baton: misspelt or not Baton's, and without effect: BATON_FRIST_ROLE (BATON_FIRST_ROLE?)",
        said_of(name, shop.folder, livekit),
    ]
