"""The stand-in's account on the developer plan's limits, and what is asked of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from bench.support.environment import Environment
from persistence.records import Call


class Account:
    """The account of a stand-in, which counts over all who use it."""

    def __init__(self, stand_in: aiohttp.ClientSession) -> None:
        self._stand_in = stand_in

    async def used(self) -> tuple[int, int]:
        """Requests that came so far, and those of them that were refused."""
        told = await (await self._stand_in.get("/control/account")).json()
        refused = sum(model["refused"] for model in told["used"].values())
        return refused + sum(model["requests"] for model in told["used"].values()), refused

    async def use(self, tier: str | None) -> None:
        await (await self._stand_in.post("/control/account", json={"tier": tier})).read()


@asynccontextmanager
async def developer_plan(groq: str) -> AsyncIterator[Account]:
    """Until the block ends. `groq`: the stand-in's address."""
    async with aiohttp.ClientSession(groq, raise_for_status=True) as stand_in:
        account = Account(stand_in)
        await account.use("developer")
        try:
            yield account
        finally:
            await account.use(None)


async def requests_of(env: Environment, call: Call) -> int:
    """That Groq took, for this call."""
    return sum(cost.used.requests for cost in await env.store.costs(call.id))
