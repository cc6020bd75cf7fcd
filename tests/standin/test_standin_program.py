"""`python -m local.groq_standin` as a program, and what it reports for a wrong script."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import psutil
import pytest
from groq import AsyncGroq

from errors import BadInput
from local.groq_standin import KEY, load_script, standin
from local.speech import CALLER, synthesize
from tests.standin.asking import ask, hear

ROOT = Path(__file__).parents[2]
LIMIT_S = 60


async def start(*arguments: str) -> Process:
    program = (sys.executable, "-m", "local.groq_standin", *arguments)
    return await asyncio.create_subprocess_exec(*program, stdout=PIPE, stderr=PIPE, cwd=ROOT)


async def test_it_says_its_url_in_one_line_serves_and_ends_with_sigterm() -> None:
    process = await start("--port", "0", "--first-token-ms", "5", "--latencies", "like-groq")
    assert process.stdout is not None
    async with asyncio.timeout(LIMIT_S):
        url = json.loads(await process.stdout.readline())["url"]
        async with AsyncGroq(api_key=KEY, base_url=url, max_retries=0) as groq:
            assert (await ask(groq)).choices
        process.send_signal(signal.SIGTERM)
        rest, said = await process.communicate()
    assert (process.returncode, rest, said) == (0, b"", b"")


async def test_of_one_that_is_killed_no_process_is_left() -> None:
    process = await start()
    assert process.stdout is not None
    async with asyncio.timeout(LIMIT_S):
        await process.stdout.readline()
        started = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        await process.wait()
        assert started
        _, left = await asyncio.to_thread(psutil.wait_procs, started, timeout=LIMIT_S)
    assert left == []


async def refused(*arguments: str) -> str:
    """Return the only line of a program that does not start."""
    process = await start(*arguments)
    async with asyncio.timeout(LIMIT_S):
        out, said = await process.communicate()
    assert process.returncode == 2
    assert out == b""
    assert said.count(b"\n") == 1
    return said.decode()


async def test_a_port_in_use_is_one_line_and_exit_code_2() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"cannot listen on 127.0.0.1:{port}" in await refused("--port", str(port))


async def test_a_missing_script_and_a_latency_out_of_range_are_one_line(tmp_path: Path) -> None:
    assert "nowhere.yaml" in await refused("--script", str(tmp_path / "nowhere.yaml"))
    assert "--per-token-ms" in await refused("--per-token-ms", "-4")


ROLE = "roles:\n  desk:\n    otherwise: Pardon?\n    exchanges:\n"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("roles: [", "script.yaml:1"),
        ("just words", "no fields"),
        ("rolls: {}", "rolls"),
        (ROLE + "      - {heard: hello}", "roles.desk.exchanges[0]: write `say`, `call`, or both"),
        (ROLE + "      - {heard: hello, says: hi}", "roles.desk.exchanges[0].says"),
        (ROLE + "      - {heard: hello, say: hi, call: {arguments: {}}}", "roles.desk.exchanges[0].call"),
        (ROLE + "      []\ncaller:\n  - {say: hello, to: sales}", "`sales`"),
        (ROLE + "      []\nsummary:\n  - {matter: it}", "summary[0].done"),
    ],
)
def test_a_wrong_script_is_refused_with_file_and_field(tmp_path: Path, text: str, named: str) -> None:
    path = tmp_path / "script.yaml"
    path.write_text(text)
    with pytest.raises(BadInput) as caught:
        load_script(path)
    assert "script.yaml" in str(caught.value)
    assert named in str(caught.value)


async def test_a_word_of_no_dictionary_is_read_out_and_an_unknown_sound_is_named(tmp_path: Path) -> None:
    path = tmp_path / "script.yaml"
    path.write_text(ROLE + "      []\ncaller:\n  - say: the zorbifier is broken")
    async with standin(load_script(path)) as server, AsyncGroq(api_key=KEY, base_url=server.url) as groq:
        heard = await hear(groq, synthesize("the zorbifier is broken", CALLER).samples)
    assert heard.text == " The zorbifier is broken."
    path.write_text(path.read_text() + "\npronounce: {zorbifier: Z AO R B IH F EI ER}")
    with pytest.raises(BadInput, match=r"pronounce.zorbifier: EI is no sound.*AA AE AH"):
        async with standin(load_script(path)):
            pass
