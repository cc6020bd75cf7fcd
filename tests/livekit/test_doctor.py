"""`baton doctor` against a real livekit-server, a real worker, and the stand-in for Groq."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
from livekit.agents import AgentServer, JobContext, JobExecutorType

from local.groq_standin import StandIn, load_script, standin
from local.livekit.server import LiveKitServer
from operators.doctor.every_check import every_check
from operators.doctor.examine import examine
from operators.doctor.finding import Finding, Verdict, exit_code
from operators.doctor.phone import check_phone
from operators.phone.sip_api import NoSip
from persistence.sqlite.migrate import VERSION, migrate
from settings import Settings

PROJECT = Path(__file__).parents[2]
DEMO = PROJECT / "local" / "scripts" / "demo.yaml"
WORKER_LIMIT_S = 20.0


@pytest.fixture
async def stand_in() -> AsyncIterator[StandIn]:
    async with standin(load_script(DEMO)) as running:
        yield running


@pytest.fixture
def env(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, livekit: LiveKitServer, stand_in: StandIn
) -> pytest.MonkeyPatch:
    """Settings of a healthy stack without a worker. Each test breaks one of them."""
    for name in list(os.environ):
        if name.startswith(("BATON_", "LIVEKIT_", "GROQ_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LIVEKIT_URL", livekit.url)
    monkeypatch.setenv("LIVEKIT_API_KEY", livekit.api_key)
    monkeypatch.setenv("LIVEKIT_API_SECRET", livekit.api_secret)
    monkeypatch.setenv("GROQ_BASE_URL", stand_in.url)
    monkeypatch.setenv("GROQ_API_KEY", stand_in.key)
    monkeypatch.setenv("BATON_ROSTER_FOLDER", str(PROJECT / "roster"))
    monkeypatch.setenv("BATON_STORE", f"sqlite:///{tmp_path / 'calls.db'}")
    monkeypatch.setenv("BATON_HEALTH_PORT", "9")  # the "discard" port, at which nobody listens
    return monkeypatch


async def take_no_call(_: JobContext) -> None:
    """The entrypoint of a worker that only has to exist."""


@asynccontextmanager
async def worker(livekit: LiveKitServer, *, name: str) -> AsyncIterator[int]:
    """Runs a registered LiveKit worker; yields the port of its health page."""
    server = AgentServer(
        job_executor_type=JobExecutorType.THREAD,
        num_idle_processes=0,
        host="127.0.0.1",
        port=0,
        ws_url=livekit.url,
        api_key=livekit.api_key,
        api_secret=livekit.api_secret,
    )
    server.rtc_session(take_no_call, agent_name=name)
    registered = asyncio.Event()
    server.on("worker_registered", lambda *_: registered.set())
    running = asyncio.create_task(server.run())
    try:
        async with asyncio.timeout(WORKER_LIMIT_S):
            await registered.wait()
        yield server.worker_info.http_port
    finally:
        await server.aclose()
        await running


async def look(*, limit_s: float = 5.0) -> list[Finding]:
    return [finding async for finding in examine(Settings(), checks=every_check(), limit_s=limit_s)]


def of(findings: list[Finding], check: str) -> Finding:
    (found,) = [finding for finding in findings if finding.check == check]
    return found


async def test_all_is_well(env: pytest.MonkeyPatch, livekit: LiveKitServer, tmp_path: Path) -> None:
    await asyncio.to_thread(migrate, tmp_path / "calls.db")
    async with worker(livekit, name="baton") as port:
        env.setenv("BATON_HEALTH_PORT", str(port))
        findings = await look()
    assert {finding.verdict for finding in findings} == {Verdict.WELL}, findings
    names = (
        "settings roster prices tools store files purge livekit grants phone groq models speech limits lines"
    )
    names += " worker"
    assert [finding.check for finding in findings] == names.split()
    assert exit_code(findings) == 0


@pytest.mark.fault("T26")
async def test_numbers_of_ours_need_a_server_with_sip(env: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert (await check_phone(Settings())).startswith("livekit-server has no SIP, as it runs without Redis")
    roster = tmp_path / "roster"
    shutil.copytree(Settings().worker.roster_folder, roster)
    house = (roster / "house.md").read_text(encoding="utf-8")
    (roster / "house.md").write_text(house.replace("notice:", "numbers: {+493012345678: billing}\nnotice:"))
    env.setenv("BATON_ROSTER_FOLDER", str(roster))
    with pytest.raises(NoSip, match="give livekit-server a redis: section"):
        await check_phone(Settings())


async def test_server_itself_tells_a_wrong_key_from_a_wrong_secret(env: pytest.MonkeyPatch) -> None:
    env.setenv("LIVEKIT_API_SECRET", "another-secret-that-is-as-long-as-it-must-be")
    secret = of(await look(), "livekit")
    env.setenv("LIVEKIT_API_KEY", "nobodys-key")
    key = of(await look(), "livekit")
    assert secret.detail == "LIVEKIT_API_SECRET: the server says it is not the key's"
    assert secret.advice == "write the secret that belongs to LIVEKIT_API_KEY"
    assert key.detail == "LIVEKIT_API_KEY: the server does not know this key"
    assert exit_code([key]) == exit_code([secret]) == 2


async def test_nobody_at_the_address_is_another_thing_than_a_wrong_key(env: pytest.MonkeyPatch) -> None:
    env.setenv("LIVEKIT_URL", "ws://127.0.0.1:9")
    found = of(await look(), "livekit")
    assert found.detail == "LIVEKIT_URL: nobody answers at ws://127.0.0.1:9"
    assert found.advice.startswith("start livekit-server there (make dev starts one here)")
    assert exit_code([found]) == 1


async def test_something_else_at_the_address_is_told(env: pytest.MonkeyPatch, stand_in: StandIn) -> None:
    env.setenv("LIVEKIT_URL", stand_in.url)
    found = of(await look(), "livekit")
    assert "answers, but not as livekit-server does (404)" in found.detail
    assert exit_code([found]) == 2


async def test_server_that_never_answers_costs_no_more_than_the_limit(env: pytest.MonkeyPatch) -> None:
    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(listen, "127.0.0.1", 0) as silent:
        port = silent.sockets[0].getsockname()[1]
        env.setenv("LIVEKIT_URL", f"ws://127.0.0.1:{port}")
        env.setenv("BATON_HEALTH_PORT", str(port))
        findings = await look(limit_s=0.5)
    for check in ("livekit", "worker"):
        assert of(findings, check).detail == f"{check}: no answer within 0.5 s"
    assert of(findings, "groq").verdict is Verdict.WELL
    assert exit_code(findings) == 1


async def test_refused_groq_key_is_told_and_its_models_are_not_looked_at(env: pytest.MonkeyPatch) -> None:
    env.setenv("GROQ_API_KEY", "gsk_nobodys")
    findings = await look()
    assert of(findings, "groq").detail == "GROQ_API_KEY: Groq refuses it"
    assert of(findings, "models") == Finding.skipped("models", "groq")
    assert exit_code(findings) == 2


async def test_groq_out_of_reach_is_no_bad_input(env: pytest.MonkeyPatch) -> None:
    env.setenv("GROQ_BASE_URL", "http://127.0.0.1:9")
    found = of(await look(), "groq")
    assert found.detail.startswith("GROQ_BASE_URL: http://127.0.0.1:9")
    assert exit_code([found]) == 1


async def test_gone_model_is_told_with_what_is_offered(env: pytest.MonkeyPatch) -> None:
    env.setenv("BATON_GROQ_CHAT_MODEL", "llama-3.3-70b-versatile")
    found = of(await look(), "models")
    assert found.detail == "BATON_GROQ_CHAT_MODEL: Groq does not offer 'llama-3.3-70b-versatile'"
    assert "openai/gpt-oss-120b" in found.advice
    assert exit_code([found]) == 2


async def test_gone_model_of_a_role_is_told_with_its_line(env: pytest.MonkeyPatch, tmp_path: Path) -> None:
    shutil.copytree(PROJECT / "roster", tmp_path, dirs_exist_ok=True)
    file = tmp_path / "technical.md"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("accepts: screen", "model: gone"), encoding="utf-8")
    env.setenv("BATON_ROSTER_FOLDER", str(tmp_path))
    found = of(await look(), "models")
    assert found.detail == f"{tmp_path}/technical.md:8: Groq does not offer 'gone'"


async def test_unknown_first_role_is_told(env: pytest.MonkeyPatch) -> None:
    env.setenv("BATON_FIRST_ROLE", "sales")
    found = of(await look(), "roster")
    assert found.detail == "BATON_FIRST_ROLE: unknown role 'sales'"
    assert found.advice == "use one of billing, front-desk, technical"


@pytest.mark.usefixtures("env")
async def test_store_is_looked_at_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "calls.db"
    assert "is not there yet; the worker makes it" in of(await look(), "store").detail
    assert not path.exists()
    await asyncio.to_thread(migrate, path)
    set_version(path, 0)
    assert f"has version 0; the worker brings it to {VERSION}" in of(await look(), "store").detail
    assert version(path) == 0


async def test_unusable_stores_are_told(env: pytest.MonkeyPatch, tmp_path: Path) -> None:
    newer, text = tmp_path / "newer.db", tmp_path / "notes.txt"
    await asyncio.to_thread(migrate, newer)
    set_version(newer, VERSION + 1)
    text.write_text("a shopping list, and no database at all\n" * 20)
    for path, said in [
        (newer, "was written by a newer Baton"),
        (text, "is not an SQLite database"),
        (tmp_path, "is a folder"),
    ]:
        env.setenv("BATON_STORE", f"sqlite:///{path}")
        found = of(await look(), "store")
        assert found.detail.startswith("BATON_STORE: ")
        assert said in found.detail
        assert found.advice
        assert exit_code([found]) == 2


async def test_store_whose_disk_is_not_there_yet_is_no_bad_input(
    env: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    env.setenv("BATON_STORE", f"sqlite:///{tmp_path / 'nowhere' / 'calls.db'}")
    found = of(await look(), "store")
    assert found.detail == f"BATON_STORE: the folder {tmp_path / 'nowhere'} does not exist"
    assert found.advice
    assert exit_code([found]) == 1


async def test_missing_worker_is_told_with_how_to_start_it(env: pytest.MonkeyPatch) -> None:
    missing = of(await look(), "worker")
    env.setenv("BATON_HEALTH_PORT", "0")
    unknown = of(await look(), "worker")
    assert missing.detail == "BATON_HEALTH_PORT: no worker answers on port 9"
    assert missing.advice == "start it: make dev, or python -m livekit.agents start worker.py"
    assert unknown.detail.startswith("BATON_HEALTH_PORT: is 0")
    assert exit_code([missing]) == exit_code([unknown]) == 1


async def test_other_workers_and_programs_are_not_taken_for_ours(
    env: pytest.MonkeyPatch, livekit: LiveKitServer, stand_in: StandIn
) -> None:
    async with worker(livekit, name="somebody") as port:
        env.setenv("BATON_HEALTH_PORT", str(port))
        other = of(await look(), "worker")
    env.setenv("BATON_HEALTH_PORT", stand_in.url.rpartition(":")[2])
    program = of(await look(), "worker")
    assert other.detail == "BATON_AGENT_NAME: the running worker is called 'somebody'"
    assert program.detail.startswith("BATON_HEALTH_PORT: something else answers on port ")


async def test_wrong_setting_leaves_out_only_what_needs_it(env: pytest.MonkeyPatch) -> None:
    env.setenv("BATON_DEPARTURE_S", "soon")
    env.delenv("LIVEKIT_URL")
    findings = await look()
    wrong = [finding.detail.split(":")[0] for finding in findings if finding.check == "settings"]
    assert wrong == ["LIVEKIT_URL", "BATON_DEPARTURE_S"]
    assert of(findings, "livekit") == Finding.skipped("livekit", "settings")
    assert of(findings, "store").verdict is of(findings, "models").verdict is Verdict.WELL
    assert exit_code(findings) == 2


def set_version(path: Path, number: int) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {number}")


def version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])
