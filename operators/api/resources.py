"""The service's resources, which its lifespan opens and closes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from prometheus_client import CollectorRegistry

from agents.groq.client import make_client
from agents.roster.roster import Roster, load_roster
from clock import SystemClock
from operators.acts import ActContext
from operators.acts.room_tokens import Door
from operators.api.console_files import PageFile, read_pages
from operators.api.event_feed import Feed
from operators.api.health import Health, checks_of
from operators.api.loop_lag import watch_loop
from operators.api.metrics import Metrics
from operators.auth.access import first_operator
from operators.auth.gate import Gate
from persistence.engines import migrate, open_store
from settings import Settings
from tasks import together
from transfer.livekit.server_api import ServerApi, open_server_api
from transfer.ports import Clock


@dataclass(frozen=True, slots=True)
class Parts:
    """`first_token` is the first operator's, if this start created one."""

    settings: Settings
    context: ActContext
    roster: Roster
    livekit: ServerApi
    door: Door
    gate: Gate
    feed: Feed
    metrics: Metrics
    health: Health
    pages: Mapping[str, PageFile]
    first_token: str | None


@asynccontextmanager
async def open_parts(settings: Settings, clock: Clock | None = None) -> AsyncIterator[Parts]:
    """Open everything, and start the background tasks. Raises: BadInput, StoreUnusable."""
    clock = clock or SystemClock()
    worker, access = settings.worker, settings.livekit
    await asyncio.to_thread(migrate, worker.store)
    voices = settings.groq.voices.split()
    roster = await asyncio.to_thread(load_roster, worker.roster_folder, voices=voices)
    pages = await asyncio.to_thread(read_pages)
    registry = CollectorRegistry()
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_store(worker.store))
        groq = await stack.enter_async_context(make_client(settings.groq, settings.groq_access))
        livekit = await stack.enter_async_context(open_server_api(access, worker.agent_name))
        feed = Feed(store, latest=await store.latest_event())
        await stack.enter_async_context(beside(feed.follow(), watch_loop(registry)))
        yield Parts(
            settings=settings,
            context=ActContext(
                store=store,
                server=livekit,
                roles=roster.names,
                clock=clock,
                handoffs_per_call=settings.handoff.handoffs_per_call,
            ),
            roster=roster,
            livekit=livekit,
            door=Door(access.api_key, access.api_secret.get_secret_value(), worker.agent_name),
            gate=Gate(store, clock),
            feed=feed,
            metrics=Metrics(store, registry),
            health=Health(settings, checks_of(store, groq, roster, clock)),
            pages=pages,
            first_token=await first_operator(store, clock),
        )


@asynccontextmanager
async def beside(*work: Coroutine[object, object, None]) -> AsyncIterator[None]:
    """Run these while the block runs. An error in one of them ends the block and is raised from it."""
    async with together() as group:
        tasks = [group.create_task(one) for one in work]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
