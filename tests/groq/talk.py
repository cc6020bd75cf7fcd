"""A short talk with the stand-in's desk, through GroqLLM as an AgentSession uses it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from livekit.agents import APIConnectOptions, APIError
from livekit.agents.llm import ChatContext, FunctionToolCall, RawFunctionTool, Tool, function_tool

from agents.groq.llm.groq_llm import GroqLLM

HELLO = "hello"
HELLO_ANSWER = "Good day to you."
WANTS_BILLING = "I want the billing desk"
AGREED_S = 2.0
"""Within this time the caller must hear words, or we must know that a spoken line is needed (A7)."""


@dataclass(slots=True)
class Heard:
    """What a reply brought, and when its first words or its error came, in seconds from the request."""

    words: str = ""
    calls: list[FunctionToolCall] = field(default_factory=list)
    error: APIError | None = None
    after_s: float = 0.0


def transfer_tool() -> RawFunctionTool[..., Any]:
    async def transfer_call(raw_arguments: dict[str, object]) -> None: ...

    target = {"type": "string", "enum": ["billing"]}
    parameters = {"type": "object", "properties": {"target": target}, "required": ["target"]}
    schema = {"name": "transfer_call", "description": "Hand the caller over.", "parameters": parameters}
    return function_tool(transfer_call, raw_schema=schema)


def history(said: str) -> ChatContext:
    context = ChatContext.empty()
    context.add_message(role="system", content="You are a desk.\nYour role: desk")
    context.add_message(role="user", content=said)
    return context


async def ask(chat: GroqLLM, said: str = HELLO, *, tools: bool = True) -> Heard:
    """Get one reply, read as LiveKit reads it, with LiveKit's own retries enabled."""
    heard, loop = Heard(), asyncio.get_running_loop()
    began, first_s = loop.time(), None
    offered: list[Tool] = [transfer_tool()] if tools else []
    stream = chat.chat(
        chat_ctx=history(said), tools=offered, conn_options=APIConnectOptions(max_retry=3, retry_interval=0.1)
    )
    async with stream:
        try:
            async for chunk in stream:
                if chunk.delta is None:
                    continue
                if first_s is None:
                    first_s = loop.time() - began
                heard.words += chunk.delta.content or ""
                heard.calls += chunk.delta.tool_calls
        except APIError as error:
            heard.error = error
    heard.after_s = first_s if first_s is not None else loop.time() - began
    return heard
