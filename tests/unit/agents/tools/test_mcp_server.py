"""Tools of an MCP server, over HTTP and as a program: only allowed ones, each use with its key."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from mcp.types import CallToolResult, ListToolsResult, PaginatedRequestParams, Tool

from agents.tools.mcp_server import Connection, NotReached
from agents.tools.own_tool import MaybeDone, NotDone, OwnTool, Policy, Use
from agents.tools.tool_server import ToolServer
from local.livekit.server import free_ports

PROGRAM = Path(__file__).with_name("an_mcp_server.py")
USE = Use(None, "key-1")
ALLOWED = ("find_order", "fails", "long", "nameless", "none_such")


def served(*, address: str = "", command: tuple[str, ...] = ()) -> ToolServer:
    return ToolServer(
        Policy(5.0, secret=frozenset(["number", "pin"])),
        "x.md:1",
        Path(),
        ALLOWED,
        address=address,
        command=command,
        environment={},
    )


@asynccontextmanager
async def over_http() -> AsyncIterator[ToolServer]:
    port = free_ports().http
    program = await asyncio.create_subprocess_exec(
        sys.executable, str(PROGRAM), str(port), stderr=asyncio.subprocess.PIPE
    )
    assert program.stderr is not None
    try:
        async with asyncio.timeout(600):
            while b"running on" not in await program.stderr.readline():
                pass
        yield served(address=f"http://127.0.0.1:{port}/mcp")
    finally:
        program.kill()
        await program.wait()


@asynccontextmanager
async def as_program() -> AsyncIterator[ToolServer]:
    yield served(command=(sys.executable, str(PROGRAM.resolve()), "stdio"))


@pytest.mark.parametrize("way", ["http", "program"])
async def test_allowed_tools_are_used_and_others_are_told(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROQ_API_KEY", "gsk_ours")
    async with over_http() if way == "http" else as_program() as server:
        connection = Connection(server)
        found, refused = await connection.connect()
        tools: dict[str, OwnTool] = {tool.name: tool for tool in found}
        try:
            assert set(tools) == {"find_order", "fails", "long"}
            assert [why.wrong for why in refused] == [
                "nameless has no description",
                "the server has no tool none_such",
                "no allowed tool has the parameter 'pin'",
            ]
            answer = str(await tools["find_order"].work({"number": 4711}, USE))
            assert answer.startswith("order 4711 is sent; key key-1")
            if way == "program":
                assert answer.endswith("secret None"), "a program knows no setting of ours"
            assert tools["find_order"].misfit({"number": "x"}) is not None
            with pytest.raises(NotDone):
                await tools["fails"].work({"number": 1}, USE)
        finally:
            await connection.aclose()
        with pytest.raises(NotDone, match="not reached"):
            await tools["find_order"].work({"number": 4711}, USE)


async def test_a_server_tells_its_tools_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = {None: ("find_order", "2"), "2": ("fails", None)}

    async def list_tools(params: PaginatedRequestParams) -> ListToolsResult:
        name, then = pages[params.cursor]
        tool = Tool(name=name, description="Does it.", input_schema={"type": "object"})
        return ListToolsResult(tools=[tool], next_cursor=then)

    async def initialize() -> None:
        """Do nothing: there is no server."""

    connection = Connection(served(command=("no-such-program",)))
    monkeypatch.setattr(connection._mcp, "initialize", initialize)
    monkeypatch.setattr(connection._mcp, "_client", SimpleNamespace(list_tools=list_tools))
    tools, _ = await connection.connect()
    assert [tool.name for tool in tools] == ["find_order", "fails"]


async def test_an_answer_without_text_is_told_by_its_structure(monkeypatch: pytest.MonkeyPatch) -> None:
    async def call_tool(*_: object, **__: object) -> CallToolResult:
        return CallToolResult(content=[], structured_content={"state": "sent"})

    connection = Connection(served(command=("no-such-program",)))
    monkeypatch.setattr(connection._mcp, "_client", SimpleNamespace(call_tool=call_tool))
    offered = Tool(name="find_order", description="Finds it.", input_schema={"type": "object"})
    tool = connection._tool("find_order", {"find_order": offered})
    assert await tool.work({"number": 1}, USE) == {"state": "sent"}


async def test_an_answer_without_end_is_not_read_to_its_end() -> None:
    async with over_http() as server:
        connection = Connection(server)
        tools = {tool.name: tool for tool in (await connection.connect())[0]}
        try:
            with pytest.raises(MaybeDone):
                async with asyncio.timeout(8):
                    await tools["long"].work({"number": 1}, USE)
        finally:
            await connection.aclose()


@pytest.mark.parametrize(
    "server", [served(address="http://127.0.0.1:9/mcp"), served(command=("no-such-program",))]
)
async def test_a_server_that_is_not_there_is_told(server: ToolServer) -> None:
    with pytest.raises(NotReached):
        await Connection(server).connect()
