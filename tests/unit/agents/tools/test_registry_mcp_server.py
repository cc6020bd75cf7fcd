"""Other people's servers, unchanged from PyPI: one as a program, one over HTTP behind a token."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from agents.roster.roster import load_roster
from agents.tools.mcp_server import Connection, NotReached
from agents.tools.own_tool import OwnTool, Policy, Use
from agents.tools.tool_server import ToolServer
from local.livekit.server import free_ports
from persistence.records import RoleName, ToolUseState
from tests.unit.agents.call.test_tool_uses import AtWork
from tests.unit.agents.roster.spoilt import VOICES, without_own_tools

TOKEN = "a-token-of-the-workbooks"
ENTRY = """tools:
  - mcp:
      address: http://127.0.0.1:{port}/mcp
      allow: [create_workbook, write_range, read_range]
      headers: {{Authorization: WORKBOOKS_TOKEN}}
    limit_s: 5
"""


async def test_a_server_from_pypi_does_what_a_role_asks() -> None:
    command = (sys.executable, "-m", "mcp_server_time", "--local-timezone", "UTC")
    server = ToolServer(Policy(5.0), "x.md:1", Path(), ("convert_time",), command=command, environment={})
    connection = Connection(server)
    try:
        async with asyncio.timeout(600):
            (tool,), refused = await connection.connect()
            assert not refused
            asked = {"source_timezone": "Europe/Berlin", "time": "16:30", "target_timezone": "Asia/Tokyo"}
            assert tool.misfit(asked) is None
            assert tool.misfit({"time": "16:30"}) is not None
            assert "Asia/Tokyo" in str(await tool.work(asked, Use(None, "key-1")))
    finally:
        await connection.aclose()


def billings_server(folder: Path, port: int) -> ToolServer:
    """Return the server of workbooks, as the billing desk's file names it."""
    without_own_tools(folder)
    billing = folder / "billing.md"
    text = billing.read_text(encoding="utf-8")
    entry = ENTRY.format(port=port)
    billing.write_text(text.replace("accepts: always", f"{entry}accepts: always"), encoding="utf-8")
    (server,) = load_roster(folder, voices=VOICES).role(RoleName("billing")).tool_servers
    return server


@asynccontextmanager
async def workbooks(folder: Path, port: int) -> AsyncIterator[None]:
    """Run the server over HTTP until the block ends."""
    command = [sys.executable, "-m", "excel_mcp", "streamable-http", "--tools", "workbooks,data"]
    program = await asyncio.create_subprocess_exec(
        *command,
        *("--allow-dir", str(folder), "--port", str(port)),
        env={**os.environ, "EXCEL_MCP_AUTH_TOKEN": TOKEN},
    )
    try:
        yield
    finally:
        program.kill()
        await program.wait()


async def connected(server: ToolServer) -> tuple[Connection, dict[str, OwnTool]]:
    """Connect, and retry until the server listens, as a call does."""
    async with asyncio.timeout(600):
        while True:
            connection = Connection(server)
            try:
                tools, refused = await connection.connect()
            except NotReached:
                await asyncio.sleep(0.1)
            else:
                assert not refused
                return connection, {tool.name: tool for tool in tools}


async def test_a_server_from_pypi_over_http_does_what_a_roles_file_allows_and_its_answer_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBOOKS_TOKEN", f"Bearer {TOKEN}")
    port = free_ports().http
    server = billings_server(tmp_path / "roster", port)
    call = await AtWork().begins()
    async with workbooks(tmp_path, port):
        connection, tools = await connected(server)
        try:
            assert set(tools) == {"create_workbook", "write_range", "read_range"}, "it has more, not allowed"
            orders = {"path": "orders.xlsx", "sheet": "Orders"}
            await call.uses_own(tools["create_workbook"], {"path": "orders.xlsx", "sheets": ["Orders"]})
            rows = [["number", "state"], [4711, "sent"]]
            await call.uses_own(tools["write_range"], {**orders, "at": "A1", "rows": rows})
            told = await call.uses_own(tools["read_range"], orders)
            assert '[4711,"sent"]' in told
            assert tools["read_range"].policy.limit_s == 5
            stranger = Connection(replace(server, headers={"Authorization": "Bearer guessed"}))
            with pytest.raises(NotReached, match="HTTP 401"):
                await stranger.connect()
            hurried = replace(tools["read_range"], policy=replace(server.policy, limit_s=0.0))
            assert "has not answered in time" in await call.uses_own(hurried, orders)
        finally:
            await connection.aclose()
    done, late = ToolUseState.DONE, ToolUseState.LATE
    assert [use.state for use in await call.rows()] == [done, done, done, late]
    (kept,) = [fact.value for name, fact in call.facts.items() if name.startswith("read_range")]
    assert '[4711,"sent"]' in kept
