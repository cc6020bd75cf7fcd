"""The worker's parent watches: its jobs' processes, its own lease, and calls that nobody holds any more."""

from __future__ import annotations

import asyncio
import socket
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from livekit.agents import AgentServer
from livekit.api import LiveKitAPI

from agents.process.process_context import Parent
from agents.worker.local_dispatch import own_jobs
from agents.worker.pool_refill import put_off_replacing
from clock import SystemClock
from failover.draining import Draining
from failover.heartbeat import Pulses
from failover.lease import Lease
from failover.recovery import Recovery
from failover.redispatch import alternating
from persistence.engines import open_store
from persistence.records import JobId, Worker, WorkerId
from settings import Settings
from tasks import Background
from transfer.livekit.server_api import ServerApi

_LOOK_S = 0.5


@asynccontextmanager
async def watching(settings: Settings, server: AgentServer) -> AsyncIterator[Parent]:
    """Watch while the block lasts. Yields what each job's process needs to know. Raises: StoreUnusable."""
    clock, me = SystemClock(), WorkerId(f"worker-{uuid.uuid4().hex}")
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_store(settings.worker.store))
        access = settings.livekit
        api = await stack.enter_async_context(
            LiveKitAPI(access.url, access.api_key, access.api_secret.get_secret_value())
        )
        livekit = ServerApi(api, settings.worker.agent_name)
        tasks = Background()
        stack.push_async_callback(tasks.cancel)

        def alive(job: JobId) -> bool:
            return pulses.has(job) or any(active.job.id == job for active in server.active_jobs)

        recovery = Recovery(
            store=store,
            server=livekit,
            redispatch=alternating(
                livekit,
                start_locally=own_jobs(server, access, tasks),
                draining=lambda: server.draining,
            ),
            clock=clock,
            settings=settings.recovery,
            departure_s=settings.call.departure_s,
            worker=me,
            alive=alive,
        )
        stack.push_async_callback(recovery.stop)
        pulses = Pulses(recovery.gone, hung_after_s=settings.recovery.hung_after_s)
        address = await stack.enter_async_context(pulses.listening())
        lease = Lease(
            store,
            clock,
            Worker(me, socket.gethostname(), clock.now_ms(), lease_until=0),
            lease_s=settings.recovery.lease_s,
            draining=lambda: server.draining,
        )
        stack.push_async_callback(lease.end)
        tasks.start(lease.run(), name="lease")
        tasks.start(_look(server, recovery, lease), name="lost calls")
        tasks.start(_drain(server, Draining(store, clock, settings.worker, me)), name="draining")
        yield Parent(me, address)


async def _look(server: AgentServer, recovery: Recovery, lease: Lease) -> None:
    """From the moment that a job can be given to us."""
    registered = asyncio.Event()
    server.on("worker_registered", lambda *_: registered.set())
    await registered.wait()
    # Private, but nothing public says when a process is taken.
    put_off_replacing(server._proc_pool)
    while True:
        await recovery.look(adrift=lease.may_judge() and not server.draining)
        await asyncio.sleep(_LOOK_S)


async def _drain(server: AgentServer, draining: Draining) -> None:
    while True:
        await asyncio.sleep(_LOOK_S)
        if server.draining:
            await draining.look()
