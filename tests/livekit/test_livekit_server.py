"""The livekit-server that we start answers, knows its key, explains failures, and ends with its parent."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from livekit import api as livekit_api

from errors import SetupFailed
from local.livekit.server import LiveKitServer, free_ports, livekit_server

OWNER = """
import asyncio, json, sys
from pathlib import Path
from local.livekit.server import livekit_server

async def own():
    async with livekit_server(Path(sys.argv[1])) as server:
        print(json.dumps(server.program.pid), flush=True)
        await asyncio.sleep(60)

asyncio.run(own())
"""


async def test_it_answers_who_has_the_key(api: livekit_api.LiveKitAPI, room_name: str) -> None:
    await api.room.create_room(livekit_api.CreateRoomRequest(name=room_name))
    listed = await api.room.list_rooms(livekit_api.ListRoomsRequest(names=[room_name]))
    assert [room.name for room in listed.rooms] == [room_name]


async def test_it_refuses_a_wrong_secret(livekit: LiveKitServer) -> None:
    wrong = "another secret, quite as long as the right one"
    async with livekit_api.LiveKitAPI(livekit.url, livekit.api_key, wrong) as stranger:
        with pytest.raises(livekit_api.TwirpError) as refused:
            await stranger.room.list_rooms(livekit_api.ListRoomsRequest())
    assert refused.value.status == 401


async def test_it_listens_on_loopback_alone(livekit: LiveKitServer) -> None:
    listening = [
        held.laddr.ip
        for held in psutil.Process(livekit.program.pid).net_connections()
        if held.status in (psutil.CONN_LISTEN, psutil.CONN_NONE)
    ]
    assert len(listening) >= 2
    assert set(listening) == {"127.0.0.1"}


@pytest.mark.parametrize("taken", ["http", "udp"])
async def test_a_port_in_use_is_said(tmp_path: Path, taken: str) -> None:
    kind = socket.SOCK_DGRAM if taken == "udp" else socket.SOCK_STREAM
    with closing(socket.socket(socket.AF_INET, kind)) as other:
        other.bind(("127.0.0.1", 0))
        if taken != "udp":
            other.listen()
        port = other.getsockname()[1]
        with pytest.raises(SetupFailed, match=f"port {port} is in use"):
            async with livekit_server(tmp_path, ports=replace(free_ports(), **{taken: port})):
                raise AssertionError("it started")


async def test_its_secret_is_in_no_log_and_no_command_line(livekit: LiveKitServer) -> None:
    assert livekit.api_secret not in livekit.program.log.read_text()
    assert livekit.api_secret not in " ".join(psutil.Process(livekit.program.pid).cmdline())
    assert livekit.api_secret not in repr(livekit)


async def test_it_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    owner = await asyncio.create_subprocess_exec(
        sys.executable, "-c", OWNER, str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    assert owner.stdout is not None
    async with asyncio.timeout(20):
        server = psutil.Process(json.loads(await owner.stdout.readline()))
    owner.kill()
    await owner.wait()
    assert await asyncio.to_thread(psutil.wait_procs, [server], 30) == ([server], [])
