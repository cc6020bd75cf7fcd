"""A stand-in with a short script, and the real client that talks to it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from groq import AsyncGroq
from pydantic import SecretStr

from agents.groq.client import make_client
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


@pytest.fixture
def settings() -> GroqSettings:
    """Take the defaults, whatever this machine's environment says."""
    return GroqSettings.model_construct()


@pytest.fixture
async def stand_in() -> AsyncIterator[StandIn]:
    async with standin(SCRIPT) as running:
        yield running


@pytest.fixture
async def client(stand_in: StandIn, settings: GroqSettings) -> AsyncIterator[AsyncGroq]:
    access = GroqAccess.model_construct(base_url=stand_in.url, api_key=SecretStr(stand_in.key))
    async with make_client(settings, access) as made:
        yield made
