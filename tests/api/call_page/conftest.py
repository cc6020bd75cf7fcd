"""A service with the call page, and the server's rooms as the test sets them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from operators.call_page import page_files
from tests.support.api.call_page import SHOP, Rooms
from tests.support.api.desk import Desk, StillClock, opened_desk
from transfer.livekit.server_api import ServerApi


@pytest.fixture
def rooms(monkeypatch: pytest.MonkeyPatch) -> Rooms:
    rooms = Rooms()
    monkeypatch.setattr(ServerApi, "rooms", lambda _, *, limit_s: rooms.rooms(limit_s=limit_s))
    monkeypatch.setattr(ServerApi, "delete_room", lambda _, room: rooms.delete_room(room))
    return rooms


@pytest.fixture
def livekit_client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for livekit-client, which set-up may not have installed."""
    path = tmp_path / "livekit-client.esm.mjs"
    path.write_text("export const none = null;")
    monkeypatch.setitem(page_files._SHARED, path.name, path)
    return path


@pytest.fixture
async def shop(
    settings_of_nobody: Path,
    clock: StillClock,
    rooms: Rooms,
    livekit_client: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Desk]:
    """A service with the call page, for itself and for one web page."""
    assert rooms
    assert livekit_client
    monkeypatch.setenv("BATON_CALL_PAGE_ORIGINS", f"{SHOP} self")
    monkeypatch.setenv("BATON_CALL_PAGE_CALLS_PER_MINUTE", "2")
    monkeypatch.setenv("BATON_CALL_PAGE_CALLS_PER_HOUR", "3")
    monkeypatch.setenv("BATON_CALL_PAGE_CALLS_AT_ONCE", "4")
    async with opened_desk(settings_of_nobody, clock) as opened:
        yield opened
