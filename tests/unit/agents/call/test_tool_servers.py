"""A role's MCP servers in a call: retried while unreachable, and never left running."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from agents.call.active_call import ActiveCall
from agents.call.tool_servers import ToolServers
from agents.tools import mcp_server
from agents.tools.mcp_server import NotReached
from agents.tools.own_tool import OwnTool, Policy
from agents.tools.refused import Refused
from agents.tools.tool_server import ToolServer

pytestmark = pytest.mark.looptime

SERVER = ToolServer(Policy(5.0), "x.md:1", Path(), ("look_up",), command=("some-program",))


class Silent:
    """A program that starts and never answers. `running`: how many of these are not closed."""

    running = 0
    started = 0

    def __init__(self, _: ToolServer) -> None:
        Silent.started += 1
        Silent.running += 1

    async def connect(self) -> tuple[list[OwnTool], list[Refused]]:
        await asyncio.Event().wait()
        raise AssertionError

    async def aclose(self) -> None:
        Silent.running -= 1


class Prompt(Silent):
    """Lists its tools after 0.3 s, or raises NotReached if `fails`."""

    fails = False

    async def connect(self) -> tuple[list[OwnTool], list[Refused]]:
        await asyncio.sleep(0.3)
        if self.fails:
            raise NotReached("HTTP 401")
        return [], []

    async def lost(self) -> None:
        await asyncio.Event().wait()


class Failing(Prompt):
    """Answers, and refuses."""

    fails = True


async def nothing(_: object) -> None:
    """Does nothing."""


@pytest.mark.parametrize(("kind", "waits_s"), [(Silent, 1.5), (Prompt, 0.3), (Failing, 0.3)])
async def test_a_reply_waits_for_the_tools_and_no_longer_than_it_may(
    monkeypatch: pytest.MonkeyPatch, kind: type[Silent], waits_s: float
) -> None:
    monkeypatch.setattr(mcp_server, "Connection", kind)
    role = SimpleNamespace(tool_servers=[SERVER])
    agent = SimpleNamespace(tools=[], update_tools=nothing)
    call = SimpleNamespace(role=role, session=SimpleNamespace(current_agent=agent))
    servers, loop = ToolServers(cast(ActiveCall, call)), asyncio.get_running_loop()
    keeping = asyncio.create_task(servers.keep_connected())
    began = loop.time()
    await servers.asked(limit_s=1.5)
    assert loop.time() - began == pytest.approx(waits_s, abs=0.05)
    keeping.cancel()
    await asyncio.wait({keeping})


async def test_without_servers_a_reply_does_not_wait() -> None:
    servers = ToolServers(cast(ActiveCall, SimpleNamespace(role=SimpleNamespace(tool_servers=[]))))
    began = asyncio.get_running_loop().time()
    await servers.asked(limit_s=1.5)
    assert asyncio.get_running_loop().time() == began


async def test_a_program_that_says_nothing_is_ended_before_the_next_one_starts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mcp_server, "Connection", Silent)
    Silent.started = Silent.running = 0
    role = SimpleNamespace(tool_servers=[SERVER])
    servers = ToolServers(cast(ActiveCall, SimpleNamespace(role=role)))
    keeping = asyncio.create_task(servers.keep_connected())
    await asyncio.sleep(70)
    assert (Silent.started, Silent.running) == (4, 1)
    keeping.cancel()
    await asyncio.wait({keeping})
    await servers.aclose()
    assert Silent.running == 0
