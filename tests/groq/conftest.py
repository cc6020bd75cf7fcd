"""A stand-in with a short script, and the real client that talks to it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from groq import AsyncGroq

from local.groq_standin import StandIn, standin
from settings import GroqSettings
from tests.groq.connection import SCRIPT, connected


@pytest.fixture
def settings() -> GroqSettings:
    """Use the defaults, whatever this machine's environment says."""
    return GroqSettings.model_construct()


@pytest.fixture
async def stand_in() -> AsyncIterator[StandIn]:
    async with standin(SCRIPT) as running:
        yield running


@pytest.fixture
async def client(stand_in: StandIn, settings: GroqSettings) -> AsyncIterator[AsyncGroq]:
    async with connected(stand_in, settings) as made:
        yield made
