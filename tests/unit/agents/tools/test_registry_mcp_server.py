"""A server of others, from PyPI and unchanged: `mcp-server-time`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from agents.tools.mcp_server import Connection
from agents.tools.own_tool import Policy, Use
from agents.tools.tool_server import ToolServer


async def test_a_server_from_pypi_does_what_a_role_asks() -> None:
    command = (sys.executable, "-m", "mcp_server_time", "--local-timezone", "UTC")
    server = ToolServer(Policy(5.0), "x.md:1", Path(), ("convert_time",), command=command, environment={})
    connection = Connection(server)
    try:
        async with asyncio.timeout(30):
            (tool,), refused = await connection.connect()
            assert not refused
            asked = {"source_timezone": "Europe/Berlin", "time": "16:30", "target_timezone": "Asia/Tokyo"}
            assert tool.misfit(asked) is None
            assert tool.misfit({"time": "16:30"}) is not None
            assert "Asia/Tokyo" in str(await tool.work(asked, Use(None, "key-1")))
    finally:
        await connection.aclose()
