"""The stand-in's account with the developer plan's limits, and the requests made on it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from bench.support.environment import Environment
from persistence.records import Call


class Account:
    """A stand-in's account, which counts the requests of all its clients."""

    def __init__(self, stand_in: aiohttp.ClientSession) -> None:
        self._stand_in = stand_in

    async def used(self) -> tuple[int, int]:
        """Return how many requests came so far, and how many of them were refused."""
        told = await (await self._stand_in.get("/control/account")).json()
        refused = sum(model["refused"] for model in told["used"].values())
        return refused + sum(model["requests"] for model in told["used"].values()), refused

    async def use(self, tier: str | None) -> None:
        await (await self._stand_in.post("/control/account", json={"tier": tier})).read()


@asynccontextmanager
async def developer_plan(groq: str) -> AsyncIterator[Account]:
    """Set the developer plan's limits until the block ends. `groq`: the stand-in's address."""
    async with aiohttp.ClientSession(groq, raise_for_status=True) as stand_in:
        account = Account(stand_in)
        await account.use("developer")
        try:
            yield account
        finally:
            await account.use(None)


async def requests_of(env: Environment, call: Call) -> int:
    """Return how many of this call's requests Groq accepted."""
    return sum(cost.used.requests for cost in await env.store.costs(call.id))
