"""The real service with a real store. LiveKit and Groq are unreachable, as they may be at any time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.api.desk import Desk, StillClock, opened_desk


@pytest.fixture
def settings_of_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make settings with which only the store answers, and return the store's path."""
    path = tmp_path / "baton.db"
    settings = {
        "LIVEKIT_URL": "ws://127.0.0.1:1",
        "LIVEKIT_API_KEY": "key",
        "LIVEKIT_API_SECRET": "secret-secret-secret-secret-secret",
        "GROQ_BASE_URL": "http://127.0.0.1:1",
        "BATON_HEALTH_PORT": "1",
        "BATON_STORE": f"sqlite:///{path}",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return path


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
async def desk(settings_of_nobody: Path, clock: StillClock) -> AsyncIterator[Desk]:
    async with opened_desk(settings_of_nobody, clock) as opened:
        yield opened
