"""A role's MCP servers in a call: asked again when they are away, and never left running."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from agents.call.active_call import ActiveCall
from agents.call.tool_servers import ToolServers
from agents.tools import mcp_server
from agents.tools.own_tool import OwnTool, Policy
from agents.tools.refused import Refused
from agents.tools.tool_server import ToolServer

pytestmark = pytest.mark.looptime

SERVER = ToolServer(Policy(5.0), "x.md:1", Path(), ("look_up",), command=("some-program",))


class Silent:
    """A program that starts, and never says a word. `running`: those that nobody has closed."""

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


async def test_a_program_that_says_nothing_is_ended_before_the_next_one_starts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mcp_server, "Connection", Silent)
    role = SimpleNamespace(tool_servers=[SERVER])
    servers = ToolServers(cast(ActiveCall, SimpleNamespace(role=role)))
    keeping = asyncio.create_task(servers.keep_connected())
    await asyncio.sleep(70)
    assert (Silent.started, Silent.running) == (4, 1)
    keeping.cancel()
    await asyncio.wait({keeping})
    await servers.aclose()
    assert Silent.running == 0
