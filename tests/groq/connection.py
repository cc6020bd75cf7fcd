"""A stand-in for Groq with a short script, and the real client that is connected to it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from unittest.mock import patch

from groq import AsyncGroq
from pydantic import SecretStr

from agents.groq.client import make_client
from agents.groq.spending import unread
from local.groq_standin import Script, StandIn, standin
from settings import GroqAccess, GroqSettings

SCRIPT = Script.model_validate(
    {
        "roles": {
            "desk": {
                "exchanges": [
                    {"heard": "hello", "say": "Good day to you."},
                    {
                        "heard": "i want the billing desk",
                        "call": {"name": "transfer_call", "arguments": {"target": "billing"}},
                        "after_tool": {"say": "It is done."},
                    },
                ],
                "otherwise": "Could you say that again?",
                "screening": [
                    {"about": ["router"], "accept": False, "reason": "this is for the technical desk"},
                    {"accept": True},
                ],
            }
        },
        "summary": [
            {
                "matter": "I understand that you were charged twice for your last invoice.",
                "done": "the invoice was found",
                "wanted": "the money back",
                "mood": "calm",
                "facts": [{"name": "invoice", "value": "4711"}],
            }
        ],
    }
)


@asynccontextmanager
async def connected(stand_in: StandIn, settings: GroqSettings) -> AsyncIterator[AsyncGroq]:
    """Yield the client under test, closed with the block, which does not wait for unread answers."""
    access = GroqAccess.model_construct(base_url=stand_in.url, api_key=SecretStr(stand_in.key))
    made = make_client(settings, access)
    try:
        yield made
    finally:
        with patch.object(unread, "UNREAD_S", 0.0):
            await made.close()


@asynccontextmanager
async def stand_in_and_client(settings: GroqSettings) -> AsyncIterator[tuple[StandIn, AsyncGroq]]:
    """Yield a pair for one scenario, which runs beside others."""
    async with standin(SCRIPT) as running, connected(running, settings) as client:
        yield running, client
