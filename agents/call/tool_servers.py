"""Connects a role's MCP servers when a call opens, and reconnects those that are lost."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING

from agents.call.active_call import ActiveCall
from agents.call.own_tools import function_of
from agents.tools.tool_server import ToolServer

if TYPE_CHECKING:
    from agents.tools.mcp_server import Connection

log = logging.getLogger(__name__)

_CONNECT_LIMIT_S = 15.0
_AGAIN_S = 5.0
_CLOSE_LIMIT_S = 2.0


class ToolServers:
    """One call's MCP servers. The call does not wait: until a server answers, the agent lacks its tools."""

    def __init__(self, call: ActiveCall) -> None:
        self._call = call
        self._connections: list[Connection] = []
        self._unasked = len(call.role.tool_servers)
        self._asked = asyncio.Event()

    async def asked(self, *, limit_s: float) -> None:
        """Wait, for `limit_s` at most, until each server has listed its tools or failed to."""
        if self._unasked > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(limit_s):
                    await self._asked.wait()

    def _is_asked(self) -> None:
        self._unasked -= 1
        if self._unasked == 0:
            self._asked.set()

    async def keep_connected(self) -> None:
        """Keep all servers connected, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for server in self._call.role.tool_servers:
                group.create_task(self._keep(server))

    async def aclose(self) -> None:
        """Close the open connections."""
        await _closed(self._connections)

    async def _keep(self, server: ToolServer) -> None:
        # Imported here, so that a call without MCP servers does not load their client.
        from agents.tools.mcp_server import Connection

        for number in count():
            connection = Connection(server)
            self._connections.append(connection)
            connected = await self._give(server, connection)
            if number == 0:
                self._is_asked()
            if connected:
                await connection.lost()
            await _closed([connection])  # a program that does not answer would keep running
            self._connections.remove(connection)
            await asyncio.sleep(_AGAIN_S)

    async def _give(self, server: ToolServer, connection: Connection) -> bool:
        """Connect, and give the server's tools to the agent. Returns whether it is connected."""
        from agents.tools.mcp_server import NotReached

        try:
            async with asyncio.timeout(_CONNECT_LIMIT_S):
                tools, refused = await connection.connect()
        except (NotReached, TimeoutError) as error:
            why = {"where": server.where, "error": str(error) or "TimeoutError"}
            log.warning("an MCP server is not reached", extra=why)
            return False
        for wrong in refused:
            log.warning("a tool cannot be used", extra={"where": server.where, "why": wrong.wrong})
        agent, new = self._call.session.current_agent, [function_of(tool) for tool in tools]
        names = {tool.id for tool in new}
        await agent.update_tools([*(tool for tool in agent.tools if tool.id not in names), *new])
        return True


async def _closed(connections: Sequence[Connection]) -> None:
    """Close the connections, without waiting for one that does not end."""
    closing = [asyncio.create_task(one.aclose()) for one in connections]
    if not closing:
        return
    done, late = await asyncio.wait(closing, timeout=_CLOSE_LIMIT_S)
    for task in late:
        task.cancel()
    for task in done:
        task.exception()
