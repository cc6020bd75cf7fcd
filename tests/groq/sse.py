"""A Groq at the wire: streams the chunks a test gives, in the form of Groq's server-sent events."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx
from groq import AsyncGroq

from agents.groq.client import make_client
from settings import GroqAccess, GroqSettings

Delta = Mapping[str, Any]
Handler = Callable[[httpx.Request], httpx.Response]


def chunk(delta: Delta, finish: str | None = None, **more: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "choices": [choice],
        **more,
    }


def events(chunks: Sequence[Mapping[str, Any]], *, done: bool = True) -> bytes:
    text = "".join(f"data: {json.dumps(one)}\n\n" for one in chunks)
    return (text + ("data: [DONE]\n\n" if done else "")).encode()


def streamed(chunks: Sequence[Mapping[str, Any]], *, done: bool = True) -> httpx.Response:
    return httpx.Response(
        200, headers={"content-type": "text/event-stream"}, content=events(chunks, done=done)
    )


@asynccontextmanager
async def groq_over(handler: Handler, settings: GroqSettings) -> AsyncIterator[AsyncGroq]:
    """Yield our own client, with `handler` in place of the network."""
    client = make_client(settings, GroqAccess.model_construct(base_url="http://127.0.0.1:9", api_key=None))
    wired = client.with_options(http_client=httpx.AsyncClient(transport=httpx.MockTransport(handler)))
    try:
        yield wired
    finally:
        await wired.close()
        await client.close()
