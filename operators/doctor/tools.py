"""Checks the roles' own tools: their servers answer, and offer what the files allow."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from agents.roster.roster import Roster, load_roster
from agents.tools.own_tool import OwnTool
from agents.tools.tool_server import ToolServer
from agents.tools.trying import tools_of
from errors import Mistakes, OutOfReach
from settings import Settings

_CONNECT_LIMIT_S = 4.0


async def check_tools(settings: Settings) -> str:
    """Connect to each tool's server, and list an MCP server's tools. Uses no tool. Raises: BadInput."""
    roster = load_roster(settings.worker.roster_folder, voices=settings.groq.voices.split())
    mistakes, count = Mistakes(), 0
    for role in roster.roles.values():
        for tool in role.known_tools:
            count += 1
            with mistakes.collecting():
                await _reach(tool)
        for server in role.tool_servers:
            count += len(server.allow)
            with mistakes.collecting():
                await _ask(server)
    mistakes.tell()
    return f"{count} of {_holders(roster)}" if count else "the roles have none of their own"


def _holders(roster: Roster) -> str:
    return ", ".join(role.id for role in roster.roles.values() if role.own_names)


async def _reach(tool: OwnTool) -> None:
    """Connect to an HTTP tool's server. Raises: OutOfReach."""
    if tool.reach is None:
        return
    host, port = tool.reach
    try:
        async with asyncio.timeout(_CONNECT_LIMIT_S):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError) as error:
        wrong = f"{tool.name}: nothing answers at {host}:{port}"
        raise OutOfReach(tool.where, wrong, "start it, or correct the address") from error
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


async def _ask(server: ToolServer) -> None:
    """Connect to an MCP server and check its tools. Raises: OutOfReach, BadInput."""
    async with tools_of(server):
        pass
