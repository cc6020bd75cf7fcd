"""Inspects and tries tools outside a call, for `baton tool` and `baton doctor`: records nothing."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from agents.tools.outcome import Outcome, outcome_of
from agents.tools.own_tool import OwnTool, Use
from agents.tools.tool_server import ToolServer
from errors import BadInput, OutOfReach

CONNECT_LIMIT_S = 15.0
_CLOSE_LIMIT_S = 2.0


@asynccontextmanager
async def tools_of(server: ToolServer) -> AsyncIterator[Sequence[OwnTool]]:
    """Connect, and yield the allowed tools. Raises: OutOfReach, BadInput (an allowed tool cannot be used)."""
    from agents.tools.mcp_server import Connection, NotReached

    connection = Connection(server)
    try:
        async with asyncio.timeout(CONNECT_LIMIT_S):
            tools, refused = await connection.connect()
    except (NotReached, TimeoutError) as error:
        why = str(error) or "no answer in time"
        raise OutOfReach(
            server.where, f"the MCP server is not reached ({why})", "start it, or correct how it is reached"
        ) from error
    try:
        for one in refused:
            raise BadInput(server.where, one.wrong, one.right)
        yield tools
    finally:
        await asyncio.wait({asyncio.create_task(connection.aclose())}, timeout=_CLOSE_LIMIT_S)


async def tried(tool: OwnTool, arguments: dict[str, Any]) -> Outcome:
    """Use the tool as a call would, but without a call."""
    work = asyncio.ensure_future(
        tool.work(arguments, Use(_context(tool, arguments), f"try-{uuid.uuid4().hex}"))
    )
    await asyncio.wait({work}, timeout=tool.policy.limit_s)
    outcome = outcome_of(work, tool, arguments)
    work.cancel()
    return outcome


def _context(tool: OwnTool, arguments: Mapping[str, Any]) -> object:
    """Return LiveKit's RunContext, with a session that never starts; None: only Python tools use it."""
    if tool.kind != "python":
        return None
    from livekit.agents import AgentSession, RunContext
    from livekit.agents.llm import FunctionCall
    from livekit.agents.voice import SpeechHandle

    call = FunctionCall(call_id="try", name=tool.name, arguments=json.dumps(dict(arguments), default=str))
    session: AgentSession[None] = AgentSession()
    return RunContext(session=session, speech_handle=SpeechHandle.create(), function_call=call)


def typed_arguments(tool: OwnTool, given: Sequence[str]) -> dict[str, Any]:
    """Parse arguments as somebody types them, such as number=4711. Raises: BadInput."""
    known: Mapping[str, Any] = tool.parameters.get("properties", {})
    arguments: dict[str, Any] = {}
    for one in given:
        name, is_one, text = one.partition("=")
        if not is_one or name not in known:
            right = f"write {' '.join(f'{name}=VALUE' for name in known) or 'none'}"
            raise BadInput(tool.name, f"{one!r} is no argument", right)
        arguments[name] = _typed(tool, name, text)
    if wrong := tool.misfit(arguments):
        raise BadInput(tool.name, wrong, f"write {' '.join(f'{name}=VALUE' for name in known)}")
    return arguments


def _typed(tool: OwnTool, name: str, text: str) -> Any:
    """Return the value of a text: the text itself if the parameter is text, or nothing else fits."""
    schema = tool.parameters["properties"][name]
    if isinstance(schema, Mapping) and schema.get("type") == "string":
        return text
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if tool.takes(name, value) else text
