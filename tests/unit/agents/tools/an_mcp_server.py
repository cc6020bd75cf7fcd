"""An MCP server for tests: `python an_mcp_server.py stdio`, or over HTTP with a port."""

from __future__ import annotations

import os
import sys

from mcp.server.mcpserver import Context, MCPServer

server = MCPServer("shop")


@server.tool()
async def find_order(number: int, ctx: Context) -> str:
    """Finds an order by its number."""
    key = ctx.request_context.meta.get("idempotencyKey") if ctx.request_context.meta else None
    return f"order {number} is sent; key {key}; secret {os.environ.get('GROQ_API_KEY')}"


@server.tool()
async def fails(number: int) -> str:
    """Fails."""
    raise ValueError(number)


@server.tool()
async def long(number: int) -> str:
    """Answers at length."""
    return "x" * 3_000_000


@server.tool(description="")
async def nameless() -> str:
    return ""


if __name__ == "__main__":
    if sys.argv[1] == "stdio":
        server.run("stdio")
    else:
        server.run("streamable-http", host="127.0.0.1", port=int(sys.argv[1]))
