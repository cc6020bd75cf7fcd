"""Shared parts of the call page's tests: its origins, the server's rooms, and what a visitor's token says."""

from __future__ import annotations

from typing import Any

import httpx
import jwt
from livekit.protocol.models import Room

from tests.support.api.desk import ADDRESS, Desk

OWN_PAGE = {"Origin": ADDRESS}
"""The header that a browser sends with requests from the page itself."""
SHOP = "https://shop.example"


class Rooms:
    """The server's rooms, as it lists them."""

    def __init__(self) -> None:
        self.there: list[Room] = []
        self.deleted: list[str] = []

    async def rooms(self, *, limit_s: float) -> list[Room]:
        assert limit_s
        return self.there

    async def delete_room(self, room: str) -> None:
        self.deleted.append(room)


def claims_of(shop: Desk, answer: httpx.Response) -> dict[str, Any]:
    secret = shop.parts.settings.livekit.api_secret.get_secret_value()
    claims: dict[str, Any] = jwt.decode(answer.json()["token"], secret, algorithms=["HS256"])
    return claims
