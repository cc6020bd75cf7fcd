"""Jobs on one account, and their parent: what one job learns, all know."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import groq
import pytest
from groq import AsyncGroq

from agents.groq.budget.budget import Budget
from agents.groq.budget.messages import answer_told, obey
from agents.groq.client import make_client
from agents.worker.budget_desk import BudgetDesk
from failover.heartbeat import HeartbeatAddress, HeartbeatMonitor, sending_heartbeats
from local.groq_standin import StandIn, standin
from persistence.records import JobId
from settings import Settings
from tests.groq.connection import SCRIPT

MODEL = "openai/gpt-oss-120b"


@asynccontextmanager
async def job(
    name: str, address: HeartbeatAddress, settings: Settings
) -> AsyncIterator[tuple[AsyncGroq, Budget]]:
    budget = Budget()
    link = sending_heartbeats(
        address,
        job=JobId(name),
        room=name,
        answering=None,
        on_parent_gone=lambda: None,
        on_told=partial(obey, budget),
    )
    async with link as tell, make_client(settings.groq, settings.groq_access, budget=budget) as client:
        budget.heard = lambda answer: tell(answer_told(answer))
        yield client, budget


async def asks(client: AsyncGroq) -> None:
    await client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "Hello."}])


async def test_a_refusal_of_one_job_is_known_to_all_and_groq_is_not_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with AsyncExitStack() as stack:
        running: StandIn = await stack.enter_async_context(standin(SCRIPT))
        monkeypatch.setenv("GROQ_BASE_URL", running.url)
        monkeypatch.setenv("GROQ_API_KEY", running.key)
        settings = Settings()
        desk = BudgetDesk(Budget(), settings.groq, lambda: 2)
        monitor = HeartbeatMonitor(lambda _: None, hung_after_s=60, on_told=desk.on_told)
        address = await stack.enter_async_context(monitor.listening())
        telling = asyncio.ensure_future(desk.tell_jobs(monitor))
        stack.callback(telling.cancel)
        first, _ = await stack.enter_async_context(job("job-1", address, settings))
        second, known = await stack.enter_async_context(job("job-2", address, settings))
        running.control.fault("chat", "rate_limited", retry_after_s=40, count=100)
        with pytest.raises(groq.RateLimitError):
            await asks(first)
        async with asyncio.timeout(30):
            while known.hold(MODEL) is None:  # noqa: ASYNC110 - it sends no event
                await asyncio.sleep(0.01)
        for client in (first, second):
            with pytest.raises(groq.RateLimitError) as refused:
                await asks(client)
            assert 30 < float(refused.value.response.headers["retry-after"]) <= 40
        ledger = running.control.account.ledger[MODEL]
        assert ledger.requests + ledger.refused <= 2  # on a very slow machine the first try is due
