"""The service's resources, which its lifespan opens and closes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from prometheus_client import CollectorRegistry

from agents.groq.client import make_client
from agents.groq.prices import Prices, load_prices
from agents.roster.roster import Roster
from clock import SystemClock
from operators.acts import ActContext
from operators.acts.listening import follow_listeners
from operators.acts.room_tokens import Door
from operators.acts.talks import follow_talks
from operators.api.console_files import PageFile, page_file, read_pages
from operators.api.event_feed import Feed
from operators.api.health import Health, checks_of
from operators.api.kept_tracks import KeptTracks
from operators.api.loop_lag import watch_loop
from operators.api.metrics.call_metrics import Metrics
from operators.auth.access import first_operator
from operators.auth.gate import Gate
from operators.auth.openid import Provider, open_provider
from operators.call_page.admission import Admission
from operators.call_page.page_files import read_files
from operators.roster import roster_of
from people.queue_step import serve_queue
from persistence.engines import migrate, open_store
from settings import CallPageSettings, Settings
from tasks import together
from transfer.livekit.server_api import ServerApi, open_server_api
from transfer.ports import Clock


@dataclass(frozen=True, slots=True)
class CallPage:
    """What the call page needs, if a setting turns it on."""

    settings: CallPageSettings
    admission: Admission
    files: Mapping[str, PageFile]


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
    tracks: KeptTracks
    prices: Prices
    metrics: Metrics
    health: Health
    pages: Mapping[str, PageFile]
    call_page: CallPage | None
    openid: Provider | None
    first_token: str | None


@asynccontextmanager
async def open_parts(settings: Settings, clock: Clock | None = None) -> AsyncIterator[Parts]:
    """Open everything, and start the background tasks. Raises: BadInput, StoreUnusable."""
    clock = clock or SystemClock()
    worker, access = settings.worker, settings.livekit
    await asyncio.to_thread(migrate, worker.store)
    roster = await asyncio.to_thread(roster_of, settings)
    prices = await asyncio.to_thread(load_prices, worker)
    pages = await asyncio.to_thread(read_pages)
    registry = CollectorRegistry()
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_store(worker.store))
        groq = await stack.enter_async_context(make_client(settings.groq, settings.groq_access))
        livekit = await stack.enter_async_context(open_server_api(access, worker.agent_name))
        gate = Gate(store, clock, settings.access)
        feed = Feed(store, latest=await store.latest_event())
        tracks = KeptTracks(feed)
        stack.push_async_callback(tracks.close)
        openid = await stack.enter_async_context(open_provider(settings.openid, clock))
        call_page = await _call_page(settings.call_page, roster, livekit, clock)
        context = ActContext(
            store=store,
            server=livekit,
            roles=roster.names,
            clock=clock,
            handoffs_per_call=settings.handoff.handoffs_per_call,
            redacts=roster.redacts,
            people=roster.at_desks,
        )
        overdue = [] if call_page is None else [call_page.admission.end_overdue()]
        desks = roster.desks
        queue = [serve_queue(store, clock), follow_talks(context, gate.may_take_calls)] if desks else []
        listeners = follow_listeners(context, gate.may_listen, gate.listener_moved)
        await stack.enter_async_context(
            beside(feed.follow(), watch_loop(registry), listeners, *overdue, *queue)
        )
        yield Parts(
            settings=settings,
            context=context,
            roster=roster,
            livekit=livekit,
            door=Door(access.api_key, access.api_secret.get_secret_value(), worker.agent_name),
            gate=gate,
            feed=feed,
            tracks=tracks,
            prices=prices,
            metrics=Metrics(store, registry, prices, clock, people_roles=list(desks)),
            health=Health(settings, checks_of(store, groq, roster, clock)),
            pages=pages,
            call_page=call_page,
            openid=openid,
            first_token=await first_operator(store, clock),
        )


async def _call_page(
    settings: CallPageSettings, roster: Roster, livekit: ServerApi, clock: Clock
) -> CallPage | None:
    """Return what the call page needs; None while it is off. Raises: BadInput."""
    if not settings.on:
        return None
    made = await asyncio.to_thread(read_files, roster.house, settings.suggested)
    files = {name: page_file(name, content) for name, content in made.items()}
    return CallPage(settings, Admission(settings, livekit, clock), files)


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
