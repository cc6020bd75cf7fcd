"""A connection to an MCP server, through LiveKit's client: only the tools that the role's file allows."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlparse

import httpx2
import mcp.types
from livekit.agents.llm.mcp import MCPServer, MCPServerHTTP, MCPServerStdio
from mcp import MCPError, stdio_client
from mcp.client._transport import TransportStreams
from mcp.client.stdio import StdioServerParameters

from agents.tls import tls
from agents.tools.addresses import NotAllowed, allowed_address
from agents.tools.checks import check_tool
from agents.tools.own_tool import MaybeDone, NotDone, OwnTool, Use
from agents.tools.refused import Refused
from agents.tools.tool_server import ToolServer

MOST_BYTES = 1024 * 1024
"""The limit of one answer from a server."""
KEY = "idempotencyKey"
"""The name of the idempotency key in each request's `_meta`."""
_STARTS_WITHIN_S = 20.0
"""Seconds that a server has for the handshake, even if its tools must answer sooner."""
_MOST_PAGES = 50
_REFUSED_CODES = (mcp.types.INVALID_PARAMS, mcp.types.METHOD_NOT_FOUND, mcp.types.INVALID_REQUEST)


class NotReached(Exception):
    """A server cannot be connected to; the text is its HTTP status, or the error's name."""


class Connection:
    """One connection. `connect` may be called again after it was lost."""

    def __init__(self, server: ToolServer) -> None:
        self._server = server
        self._mcp = _http(server) if server.address else _stdio(server)

    async def connect(self) -> tuple[list[OwnTool], list[Refused]]:
        """Connect; return the allowed tools that can be used, and why others cannot. Raises: NotReached."""
        try:
            await self._mcp.initialize()
            offered = {tool.name: tool async for tool in self._offered()}
        except Exception as error:  # whatever somebody else's server makes the client raise
            status = isinstance(self._mcp, _Http) and self._mcp.refused
            raise NotReached(f"HTTP {status}" if status else _kind_of(error)) from error
        tools, refused = [], []
        for name in self._server.allow:
            try:
                tools.append(self._tool(name, offered))
            except Refused as why:
                refused.append(why)
        return tools, [*refused, *self._unknown_secrets(tools)]

    async def _offered(self) -> AsyncIterator[mcp.types.Tool]:
        """Yield all of the server's tools, page by page: LiveKit asks only for the first page."""
        client, cursor = self._mcp._client, None
        assert client is not None
        for _ in range(_MOST_PAGES):
            page = await client.list_tools(params=mcp.types.PaginatedRequestParams(cursor=cursor))
            for tool in page.tools:
                yield tool
            if (cursor := page.next_cursor) is None:
                return

    def _unknown_secrets(self, tools: list[OwnTool]) -> list[Refused]:
        """Return the secrets that no tool has: they hide nothing, and may be misspelt."""
        known = {name for tool in tools for name in tool.parameters["properties"]}
        return [
            Refused(f"no allowed tool has the parameter {name!r}", f"write one of {', '.join(sorted(known))}")
            for name in sorted(self._server.policy.secret - known)
            if known
        ]

    async def lost(self) -> None:
        """Wait until the connection is lost."""
        if (client := self._mcp._client_task) is not None:
            await asyncio.wait({client})

    async def aclose(self) -> None:
        await self._mcp.aclose()

    def _tool(self, name: str, offered: dict[str, mcp.types.Tool]) -> OwnTool:
        if name not in offered:
            right = f"allow some of {', '.join(sorted(offered))}" if offered else "remove the entry"
            raise Refused(f"the server has no tool {name}", right)
        tool = offered[name]
        parameters: dict[str, Any] = {"properties": {}, **tool.input_schema}
        check_tool(name, tool.description or "", parameters)

        async def work(arguments: dict[str, Any], use: Use) -> object:
            return await self._called(name, arguments, use.key)

        description = tool.description or ""
        return OwnTool(name, description, parameters, self._server.policy, "mcp", self._server.where, work)

    async def _called(self, name: str, arguments: dict[str, Any], key: str) -> object:
        client = self._mcp._client
        if client is None:
            raise NotDone("its server is not reached")
        meta: Any = {KEY: key}
        try:
            result = await client.call_tool(name, arguments, meta=meta)
        except MCPError as error:
            failed = f"its server says: {error}"
            raise (NotDone if error.code in _REFUSED_CODES else MaybeDone)(failed) from error
        if not isinstance(result, mcp.types.CallToolResult):
            raise MaybeDone("its server wants something that a call cannot give")
        text = "\n".join(part.text for part in result.content if isinstance(part, mcp.types.TextContent))
        if result.is_error:
            raise NotDone(text)
        return text or result.structured_content or ""


def _kind_of(error: BaseException) -> str:
    """Return the error's name; of a group of errors, the first one's."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return type(error).__name__


class _Http(MCPServerHTTP):
    """Reaches only the address's host, and no private address that the file does not name."""

    def __init__(self, server: ToolServer) -> None:
        super().__init__(
            server.address,
            transport_type="sse" if _is_sse(server.address) else "streamable_http",
            headers=dict(server.headers),
            client_session_timeout_seconds=max(server.policy.limit_s, _STARTS_WITHIN_S),
        )
        self._server = server
        self.refused: int | None = None
        """The latest HTTP status, if it was an error: MCP's client does not report it."""

    def _create_http_client(
        self,
        headers: dict[str, Any] | None = None,
        timeout: httpx2.Timeout | None = None,
        auth: httpx2.Auth | None = None,
    ) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(
            transport=_OneHost(self._server, self._answered),
            headers=headers if headers is not None else self._headers,
            timeout=timeout or httpx2.Timeout(self._timeout, read=self._sse_read_timeout),
            trust_env=False,
        )

    def _answered(self, status: int) -> None:
        self.refused = status if status >= 400 else None


def _is_sse(address: str) -> bool:
    return urlparse(address).path.rstrip("/").endswith("/sse")


class _OneHost(httpx2.AsyncBaseTransport):
    def __init__(self, server: ToolServer, answered: Callable[[int], None]) -> None:
        url = httpx2.URL(server.address)
        self._answered = answered
        self._origin = (url.scheme, url.host, url.port)
        self._networks = [ip_network(network) for network in server.networks]
        self._inner = httpx2.AsyncHTTPTransport(verify=tls())

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        url = request.url
        if (url.scheme, url.host, url.port) != self._origin:
            raise httpx2.ConnectError(
                "the server leads to another host, which is not followed", request=request
            )
        port = url.port or (443 if url.scheme == "https" else 80)
        try:
            address = await allowed_address(url.host, port, self._networks)
        except (NotAllowed, OSError) as error:
            raise httpx2.ConnectError(str(error), request=request) from error
        request.extensions = {**request.extensions, "sni_hostname": url.host}
        request.url = url.copy_with(host=address)
        answer = await self._inner.handle_async_request(request)
        if request.method == "POST":  # a server may refuse other methods
            self._answered(answer.status_code)
        assert isinstance(answer.stream, httpx2.AsyncByteStream)
        answer.stream = _Bounded(answer.stream, request)
        return answer

    async def aclose(self) -> None:
        await self._inner.aclose()


class _Bounded(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream, request: httpx2.Request) -> None:
        self._stream, self._request = stream, request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        read = 0
        async for chunk in self._stream:
            read += len(chunk)
            if read > MOST_BYTES:
                raise httpx2.ReadError("the answer is too long", request=self._request)
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


class _Stdio(MCPServerStdio):
    """Its environment has none of our settings except those named. Its stderr goes to no log."""

    def client_streams(self) -> AbstractAsyncContextManager[TransportStreams]:
        @asynccontextmanager
        async def streams() -> AsyncIterator[TransportStreams]:
            parameters = StdioServerParameters(
                command=self.command, args=self.args, env=self.env, cwd=self.cwd
            )
            with open(os.devnull, "w") as nowhere:  # noqa: ASYNC230
                async with stdio_client(parameters, errlog=nowhere) as opened:
                    yield opened

        return streams()


def _http(server: ToolServer) -> MCPServer:
    return _Http(server)


def _stdio(server: ToolServer) -> MCPServer:
    command, *arguments = server.command
    return _Stdio(
        command,
        arguments,
        env=dict(server.environment),
        cwd=server.folder,
        client_session_timeout_seconds=max(server.policy.limit_s, _STARTS_WITHIN_S),
    )
