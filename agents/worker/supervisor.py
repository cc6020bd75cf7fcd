"""The worker's parent process: monitors its jobs, renews its lease, recovers lost calls, and drains."""

from __future__ import annotations

import asyncio
import socket
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from livekit.agents import AgentServer

from agents.process.process_context import ParentWorker
from agents.worker.local_dispatch import local_starter
from agents.worker.pool_refill import delay_refill
from clock import SystemClock
from failover.draining import Draining
from failover.heartbeat import HeartbeatMonitor
from failover.lease import Lease
from failover.recovery import Recovery
from failover.redispatch import alternating
from failover.waiting_callers import POLL_EVERY_S as LOOK_EVERY_S
from failover.waiting_callers import WaitingCallers
from persistence.engines import open_store
from persistence.records import JobId, WorkerId
from settings import Settings
from tasks import BackgroundTasks
from transfer.livekit.server_api import open_server_api

_POLL_EVERY_S = 0.5


@asynccontextmanager
async def supervise(
    settings: Settings, server: AgentServer
) -> AsyncIterator[tuple[ParentWorker, Callable[[], Awaitable[bool]]]]:
    """Supervise while the block lasts. Raises: StoreUnusable.

    Yields what each job's process must know, and what tells whether this worker still sees to a call.
    """
    clock, worker_id = SystemClock(), WorkerId(f"worker-{uuid.uuid4().hex}")
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_store(settings.worker.store))
        livekit = await stack.enter_async_context(
            open_server_api(settings.livekit, settings.worker.agent_name)
        )
        tasks = BackgroundTasks()
        stack.push_async_callback(tasks.cancel)

        def alive(job: JobId) -> bool:
            return heartbeats.is_connected(job) or any(active.job.id == job for active in server.active_jobs)

        draining = Draining(store, clock, settings.worker, worker_id)

        async def elsewhere() -> bool:
            return server.draining and await draining.another_worker_runs()

        recovery = Recovery(
            store=store,
            server=livekit,
            redispatch=alternating(
                livekit,
                start_locally=local_starter(server, settings.livekit, tasks),
                elsewhere=elsewhere,
            ),
            clock=clock,
            settings=settings.recovery,
            departure_s=settings.call.departure_s,
            worker=worker_id,
            alive=alive,
        )
        stack.push_async_callback(recovery.stop)
        heartbeats = HeartbeatMonitor(recovery.on_exit, hung_after_s=settings.recovery.hung_after_s)
        address = await stack.enter_async_context(heartbeats.listening())
        lease = Lease(
            store,
            clock,
            worker_id,
            socket.gethostname(),
            lease_s=settings.recovery.lease_s,
            draining=lambda: server.draining,
        )
        stack.push_async_callback(lease.release)
        tasks.start(lease.keep_renewed(), name="lease")
        tasks.start(_poll_lost_calls(server, recovery, lease), name="lost calls")
        waiting = WaitingCallers(store, livekit, clock, departure_s=settings.call.departure_s)
        tasks.start(_look_for_waiting_callers(server, waiting), name="waiting callers")
        tasks.start(_drain(server, draining), name="draining")
        yield ParentWorker(worker_id, address), recovery.has_calls


async def _poll_lost_calls(server: AgentServer, recovery: Recovery, lease: Lease) -> None:
    """Begin once the worker is registered, when it can be given jobs."""
    registered = asyncio.Event()
    server.on("worker_registered", lambda *_: registered.set())
    await registered.wait()
    delay_refill(server._proc_pool)  # private, but no public event tells when a process is taken
    while True:
        await recovery.poll(orphans=lease.may_expire_others() and not server.draining)
        await asyncio.sleep(_POLL_EVERY_S)


async def _look_for_waiting_callers(server: AgentServer, waiting: WaitingCallers) -> None:
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        if not server.draining:
            await waiting.poll()


async def _drain(server: AgentServer, draining: Draining) -> None:
    while True:
        await asyncio.sleep(_POLL_EVERY_S)
        if server.draining:
            await draining.poll()
