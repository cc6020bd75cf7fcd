"""The load of one round: clients over HTTP, and agents that write to the same database from another process.

Of five requests, one starts a handoff, two list handoffs and two read one. Agents write turns at a steady
pace. For Baton they also ask Groq for each started handoff's summary; the baselines ask within the client's
request.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from itertools import cycle

import aiohttp  # takes half of httpx's CPU time, on a machine that is shared with the service
from groq import AsyncGroq

from bench.loop.database import REASON, TARGET, Ids
from bench.loop.service import MESSAGES, MODEL
from errors import StoreError
from persistence.contract.store import Store
from persistence.records import HandoffId, SummarySource

START, LIST, READ = "start", "list", "read"
_MIX = (START, LIST, LIST, READ, READ)
_Request = AbstractAsyncContextManager[aiohttp.ClientResponse]


@dataclass(frozen=True, slots=True)
class Load:
    """The load, the same for all three services. `writes_per_s` are the agents' writes."""

    clients: int
    pause_ms: float  # on average, from an answer to the same client's next request
    warm_up_s: float
    seconds: float
    writes_per_s: float
    seed: int

    @property
    def calls_needed(self) -> int:
        """Return more open calls than clients can use, even if every answer comes immediately."""
        requests = (self.warm_up_s + self.seconds) * 1000 / self.pause_ms
        return self.clients * round(2 * requests / len(_MIX) + 8)


@dataclass
class Traffic:
    """`answers` are (kind, asked at, answered at) of successes, in seconds of the monotonic clock."""

    store: Store
    ids: Ids
    groq: AsyncGroq | None  # None: agents ask for no summaries
    answers: list[tuple[str, float, float]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.calls = iter(self.ids.calls)

    async def play(self, url: str, token: str, load: Load) -> tuple[float, float]:
        """Play the load. Returns when the measured time began and ended."""
        headers, connector = {"Authorization": f"Bearer {token}"}, aiohttp.TCPConnector(limit=0)
        async with (
            aiohttp.ClientSession(url, headers=headers, connector=connector) as http,
            asyncio.TaskGroup() as group,
        ):
            chance = random.Random(load.seed)
            for kind in (START, LIST, READ):  # a service's first answers are slower, and do not count
                await self._ask(http, group, kind, chance)
            start = time.monotonic() + load.warm_up_s
            running = [group.create_task(self._write_turns(load))]
            for number in range(load.clients):
                chance = random.Random(f"{load.seed}/{number}")
                running.append(group.create_task(self._client(http, group, load.pause_ms / 1000, chance)))
            await asyncio.sleep(load.warm_up_s + load.seconds)
            for task in running:
                task.cancel()
        return start, start + load.seconds

    async def _client(
        self, http: aiohttp.ClientSession, group: asyncio.TaskGroup, pause_s: float, chance: random.Random
    ) -> None:
        await asyncio.sleep(chance.uniform(0, pause_s))  # so that the clients do not all begin at once
        while True:
            await self._ask(http, group, chance.choice(_MIX), chance)
            await asyncio.sleep(chance.uniform(0.5, 1.5) * pause_s)

    async def _ask(
        self, http: aiohttp.ClientSession, group: asyncio.TaskGroup, kind: str, chance: random.Random
    ) -> None:
        asked_at = time.monotonic()
        async with self._failing(aiohttp.ClientError, TimeoutError), self._request(http, kind, chance) as got:
            if not got.ok:
                self.errors.append(await got.text())
                return
            answer = await got.json()
            self.answers.append((kind, asked_at, time.monotonic()))
            if kind == START and self.groq:
                group.create_task(self._sum_up(self.groq, HandoffId(answer["id"])))

    def _request(self, http: aiohttp.ClientSession, kind: str, chance: random.Random) -> _Request:
        if kind == START:
            call, body = next(self.calls), {"target": TARGET, "reason": REASON, "note": ""}
            return http.post(f"/calls/{call}/handoffs", json=body, headers={"Idempotency-Key": call})
        return http.get("/handoffs" if kind == LIST else f"/handoffs/{chance.choice(self.ids.handoffs)}")

    async def _write_turns(self, load: Load) -> None:
        """Write each turn at its time, or once the turn before it is written."""
        due = time.monotonic()
        for call in cycle(self.ids.calls[: load.clients]):
            due += 1 / load.writes_per_s
            await asyncio.sleep(due - time.monotonic())
            at = time.time_ns() // 1_000_000
            async with self._failing(StoreError):
                await self.store.append_turn(call, "caller", "Hello", started_at=at, ended_at=at)

    async def _sum_up(self, groq: AsyncGroq, handoff: HandoffId) -> None:
        answer = await groq.chat.completions.create(model=MODEL, messages=MESSAGES)
        summary = answer.choices[0].message.content or ""
        async with self._failing(StoreError):
            await self.store.save_summary(handoff, summary, SummarySource.MODEL)

    @asynccontextmanager
    async def _failing(self, *kinds: type[Exception]) -> AsyncIterator[None]:
        """Count these errors, and continue."""
        try:
            yield
        except kinds as error:
            self.errors.append(str(error) or type(error).__name__)
