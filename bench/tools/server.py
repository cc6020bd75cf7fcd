"""The servers that the benchmark's tools call: `python -m bench.tools.server PORT OTHER`.

On PORT: the cases by HTTP and MCP, and bookings. On OTHER, a host that no file names: whatever arrives there
has escaped. BENCH_LEDGER: the file that gets a line of JSON for each thing that happened.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import uvicorn
from mcp.server.mcpserver import Context, MCPServer
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from bench.tools.answers import answer_of, book, note
from bench.tools.cases import CASES

_DESCRIPTION = "Looks {} up. Use it when the caller asks for it."

mcp = MCPServer("bench")


def _ledger() -> Path:
    return Path(os.environ["BENCH_LEDGER"])


def _as_mcp(case: str) -> None:
    async def work() -> str:
        return await answer_of(case)

    mcp.tool(name=case, description=_DESCRIPTION.format(case))(work)


for _each in CASES:
    _as_mcp(_each.tool)


@mcp.tool(name="book", description="Books a table.")
async def _book(table: str, ctx: Context[Any, Any]) -> str:
    meta: Any = ctx.request_context.meta or {}
    return await book(_ledger(), str(meta.get("idempotencyKey")), "mcp")


@mcp.tool(name="wipe_account", description="Wipes the caller's account.")
async def _wipe() -> str:
    note(_ledger(), what="wiped", key="", way="mcp")
    return "wiped"


async def _case_by_http(request: Request) -> Response:
    try:
        return PlainTextResponse(await answer_of(request.path_params["case"]))
    except RuntimeError:
        return PlainTextResponse("it broke", status_code=500)


async def _book_by_http(request: Request) -> Response:
    return PlainTextResponse(await book(_ledger(), request.headers.get("idempotency-key", ""), "http"))


async def _wipe_by_http(request: Request) -> Response:
    note(_ledger(), what="wiped", key="", way="http")
    return PlainTextResponse("wiped")


async def _leads(request: Request) -> Response:
    other = request.query_params["port"]
    return RedirectResponse(f"http://{request.path_params['host']}:{other}/secret", status_code=302)


async def _file(request: Request) -> Response:
    return PlainTextResponse(f"there is no {request.path_params['name']}")


async def _anything(request: Request) -> Response:
    note(_ledger(), what="escaped", key=str(request.url), way="http")
    return PlainTextResponse("secret")


async def serve(port: int, other: int) -> None:
    """Serve both hosts until the process is ended. Prints a line once they listen."""
    methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    elsewhere = Starlette(routes=[Route("/{path:path}", _anything, methods=methods)])
    here = mcp.streamable_http_app()
    here.routes.extend(
        [
            Route("/cases/{case}", _case_by_http),
            Route("/book", _book_by_http, methods=["POST"]),
            Route("/wipe", _wipe_by_http, methods=["POST"]),
            Route("/leads/{host}", _leads, methods=["GET", "POST"]),
            Route("/files/{name:path}", _file),
            Route("/secret", _anything),
        ]
    )
    apps = ((here, port, "127.0.0.1"), (elsewhere, other, "0.0.0.0"))
    servers = [
        uvicorn.Server(uvicorn.Config(app, host=host, port=at, log_level="error")) for app, at, host in apps
    ]
    serving = [asyncio.create_task(one.serve()) for one in servers]
    while not all(one.started for one in servers):  # noqa: ASYNC110 - uvicorn gives no notice
        await asyncio.sleep(0.05)
    sys.stdout.write("listening\n")
    sys.stdout.flush()
    await asyncio.gather(*serving)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2])))
