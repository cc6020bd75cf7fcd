"""Two operators and a viewer of a running stack's service, and callers with tokens that it made."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from livekit import api

from clock import SystemClock
from local.caller.caller import Caller
from local.stack import Stack
from operators.auth.access import add_operator
from persistence.access import ACTS, WATCHES
from persistence.engines import open_store
from tests.support.conversation import Conversation, until
from tests.support.fault_report import tell_of_call

FIRST, ANN, VIC = "operator", "Ann", "Vic"
"""The operator of the first start, another operator, and a viewer."""

Json = dict[str, Any]


class Client:
    """Sends requests to the service with one token."""

    def __init__(self, http: httpx.AsyncClient, token: str) -> None:
        self._http = http
        self.token = token

    async def get(self, address: str) -> Any:
        answer = await self._http.get(address)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def text(self, address: str) -> str:
        answer = await self._http.get(address)
        assert answer.status_code == 200, answer.text
        return answer.text

    async def post(
        self, address: str, body: Json | None = None, *, status: int, key: str | None = None
    ) -> Json:
        headers = {"Idempotency-Key": key} if key else {}
        answer = await self._http.post(address, json=body or {}, headers=headers)
        assert answer.status_code == status, answer.text
        told: Json = answer.json()
        return told

    async def call_in(self, room: str) -> Json:
        """Waits for the open call of this room."""

        async def look() -> Json | None:
            calls = await self.get("/calls?state=live")
            return next((call for call in calls["items"] if call["room"] == room), None)

        return await until(look, f"a call in {room}")

    async def whole(self, call: Json) -> Json:
        told: Json = await self.get(f"/calls/{call['id']}")
        return told

    async def over(self, call: Json, request: Json) -> Json:
        """Waits until a request is over and returns it."""

        async def look() -> Json | None:
            requests = (await self.whole(call))["requests"]
            row: Json = next(row for row in requests if row["id"] == request["id"])
            return row if row["ended_at"] is not None else None

        return await until(look, f"the end of a request to {request['kind']}")


@dataclass(frozen=True, slots=True)
class Desk:
    address: str
    operator: Client
    ann: Client
    vic: Client


@asynccontextmanager
async def desk_of(link: str, store_url: str) -> AsyncIterator[Desk]:
    """Add operators, and open clients for them. `link` is the one that the service's first start showed."""
    address, _, token = link.partition("#token=")
    clock = SystemClock()
    async with open_store(store_url) as store:
        ann = await add_operator(store, ANN, ACTS, clock)
        vic = await add_operator(store, VIC, WATCHES, clock)
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(client(address, one)) for one in (token, ann, vic)]
        yield Desk(address.rstrip("/"), *clients)


@asynccontextmanager
async def client(address: str, token: str) -> AsyncIterator[Client]:
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=address, headers=headers, timeout=10.0) as http:
        yield Client(http, token)


@asynccontextmanager
async def calling(stack: Stack, who: Client, **wishes: str) -> AsyncIterator[Conversation]:
    """A caller who joins with a token that `who` has requested."""
    made = await who.post("/tokens", {"kind": "caller", **wishes}, status=201)
    async with (
        livekit_of(stack) as livekit,
        open_store(stack.store, read_only=True) as store,
        Caller.join(made["url"], made["token"]) as caller,
    ):
        try:
            yield Conversation(stack, made["room"], caller, store, livekit)
        finally:
            tell_of_call(stack, made["room"], caller)


def livekit_of(stack: Stack) -> api.LiveKitAPI:
    return api.LiveKitAPI(stack.livekit.url, stack.livekit.api_key, stack.livekit.api_secret)
