"""An operator over HTTP: signs in and acts as the console's page does."""

from __future__ import annotations

import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

_LIMIT_S = 10.0


@dataclass(frozen=True, slots=True)
class Acted:
    """An act: its row's id, when the row says it was requested, and when it was clicked."""

    id: str
    requested_at: int  # ms UTC
    clicked_s: float  # of the monotonic clock
    clicked_at_ms: float  # ms UTC


class Desk:
    """Made by `desk`."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def hand_over(self, call: str, target: str, reason: str) -> Acted:
        """Send what the page sends when "Hand over" is clicked."""
        return await self._act(f"/calls/{call}/handoffs", {"target": target, "reason": reason, "note": ""})

    async def note(self, call: str, words: str) -> Acted:
        """Tell the agent something privately."""
        return await self._act(f"/calls/{call}/notes", {"words": words})

    async def _act(self, path: str, body: dict[str, str]) -> Acted:
        clicked_s, clicked_at_ms = time.monotonic(), time.time_ns() / 1e6
        answer = await self._http.post(path, json=body, headers={"Idempotency-Key": uuid.uuid4().hex})
        row = answer.raise_for_status().json()
        return Acted(row["id"], row["requested_at"], clicked_s, clicked_at_ms)


@asynccontextmanager
async def desk(address: str, token: str) -> AsyncIterator[Desk]:
    """Sign in at the service's address; leaving the block closes the connections."""
    origin = {"Origin": address.rstrip("/")}
    async with httpx.AsyncClient(base_url=address, headers=origin, timeout=_LIMIT_S) as http:
        (await http.post("/session", json={"token": token})).raise_for_status()
        yield Desk(http)
