"""The worker's parent process: monitors its jobs, renews its lease, recovers lost calls, and drains."""

from __future__ import annotations

import asyncio
import socket
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from livekit.agents import AgentServer

from agents.admission.admission import Admission
from agents.admission.line_keeper import POLL_EVERY_S as LINE_EVERY_S
from agents.admission.line_keeper import LineKeeper
from agents.admission.machine import Machine
from agents.groq.budget.budget import Answer, Budget
from agents.phone.orphaned_telephones import keep_hung_up
from agents.process.cost_file import CostFolder
from agents.process.costs import save_left_costs
from agents.process.own_process import OwnProcess
from agents.process.process_context import ParentWorker
from agents.recording.process import run_recorder
from agents.worker.account_notices import AccountNotices
from agents.worker.budget_desk import BudgetDesk
from agents.worker.local_dispatch import local_starter
from agents.worker.pool_refill import delay_refill
from agents.worker.purging import keep_purged
from agents.worker.shared_limits import SharedLimits, account_of
from agents.worker.waiting_room import WaitingRoom
from clock import SystemClock
from failover.draining import Draining
from failover.fleet_pace import OWN_LOOK_S, pause_s
from failover.heartbeat import HeartbeatMonitor
from failover.lease import Lease
from failover.recovery import Recovery
from failover.redispatch import alternating
from failover.waiting_callers import POLL_EVERY_S as LOOK_EVERY_S
from failover.waiting_callers import WaitingCallers
from people.queue_step import serve_queue
from persistence.engines import open_store
from persistence.records import JobId, WorkerId
from settings import Settings
from tasks import BackgroundTasks
from transfer.livekit.server_api import open_server_api

_POLL_EVERY_S = 0.5


@asynccontextmanager
async def supervise(
    settings: Settings, server: AgentServer, admission: Admission, budget: Budget
) -> AsyncIterator[tuple[ParentWorker, Recovery]]:
    """Supervise while the block lasts. `budget` is the account's, for all jobs. Raises: StoreUnusable.

    Yields what each job's process must know of its parent, and the recovery, which knows this worker's calls.
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

        start = local_starter(server, settings.livekit, tasks)
        recovery = Recovery(
            store=store,
            server=livekit,
            redispatch=alternating(livekit, start_locally=start, elsewhere=elsewhere),
            wait_on=lambda call: waiting_room.take_up(call),
            clock=clock,
            settings=settings.recovery,
            departure_s=settings.call.departure_s,
            worker=worker_id,
            alive=alive,
        )
        stack.push_async_callback(recovery.stop)
        desk = BudgetDesk(
            budget,
            settings.groq,
            lambda: len({active.job.room.name for active in server.active_jobs}),
            hold_s=settings.call.trouble_hold_s,
        )
        admission.capacity.budget = desk.room_for_calls

        def workers() -> int:
            return keeper.workers

        account = account_of(settings.groq_access)
        shared = SharedLimits(store, budget, desk, account=account, worker=worker_id, workers=workers)
        notices = AccountNotices(budget, settings.groq)

        def hear(answer: Answer) -> None:
            notices.on_answer(answer)
            shared.on_answer(answer)

        budget.heard = hear

        def on_told(told: Mapping[str, Any]) -> None:
            if not recovery.on_told(told):
                desk.on_told(told)

        heartbeats = HeartbeatMonitor(
            recovery.on_exit, hung_after_s=settings.recovery.hung_after_s, on_told=on_told
        )
        address = await stack.enter_async_context(heartbeats.listening())
        tasks.start(desk.tell_jobs(heartbeats), name="budget")
        tasks.start(shared.keep_shared(), name="shared limits")
        parent = ParentWorker(worker_id, address)
        waiting_room = WaitingRoom(parent)
        admission.wait = waiting_room.greet
        lease = Lease(
            store,
            clock,
            worker_id,
            socket.gethostname(),
            lease_s=settings.recovery.lease_s,
            draining=lambda: server.draining,
            room_for=lambda: admission.capacity.room().calls,
        )
        stack.push_async_callback(lease.release)
        tasks.start(lease.keep_renewed(), name="lease")
        waiting = WaitingCallers(store, livekit, clock, departure_s=settings.call.departure_s)
        tasks.start(_drain(server, draining), name="draining")
        machine = Machine()
        admission.capacity.load = machine.load
        stack.enter_context(machine.measuring())
        tasks.start(machine.measure_lag(), name="lag")
        keeper = LineKeeper(
            store,
            admission,
            worker_id,
            start=start,
            take_up=waiting_room.take_up,
            open_waiting_room=waiting_room.open,
            draining=lambda: server.draining,
            now=asyncio.get_running_loop().time,
        )
        tasks.start(serve_queue(store, clock, at_commits=False), name="queue for people")
        tasks.start(keep_hung_up(store, livekit, clock), name="left telephones")
        tasks.start(_keep_waiting_room(server, waiting_room), name="waiting room")
        if settings.recording.is_on:
            tasks.start(_keep_recorder(server, parent), name="recorder")
        tasks.start(_keep_line(server, keeper), name="line")
        tasks.start(_poll_lost_calls(server, recovery, lease, workers), name="lost calls")
        tasks.start(_look_for_waiting_callers(server, waiting, workers), name="waiting callers")
        tasks.start(_refill_pool(server, settings.worker.idle_processes, admission), name="warm processes")
        tasks.start(keep_purged(settings, clock), name="purge")
        tasks.start(save_left_costs(CostFolder(settings.worker.store), store), name="costs left")
        yield parent, recovery


async def _until_registered(server: AgentServer) -> None:
    """Wait until the worker can get jobs and its forkserver runs: not before its registration."""
    registered = asyncio.Event()
    server.on("worker_registered", lambda *_: registered.set())
    await registered.wait()


async def _keep_waiting_room(server: AgentServer, waiting_room: WaitingRoom) -> None:
    await _until_registered(server)
    await waiting_room.run()


async def _keep_recorder(server: AgentServer, parent: ParentWorker) -> None:
    await _until_registered(server)
    await OwnProcess("recorder", run_recorder, parent).run()


async def _keep_line(server: AgentServer, keeper: LineKeeper) -> None:
    await _until_registered(server)
    while True:
        await keeper.poll()
        await asyncio.sleep(pause_s(LINE_EVERY_S, keeper.workers, OWN_LOOK_S))


async def _refill_pool(server: AgentServer, least: int, admission: Admission) -> None:
    """Once registered, let the number of warm processes follow the arrivals."""
    await _until_registered(server)
    clock = asyncio.get_running_loop()

    def wanted() -> int:
        room = admission.capacity.room().calls
        return admission.arrivals.warm_processes(clock.time(), least=least, room=room)

    delay_refill(server._proc_pool, wanted)  # private, but no public event reports that a process is taken


async def _poll_lost_calls(
    server: AgentServer, recovery: Recovery, lease: Lease, workers: Callable[[], int]
) -> None:
    await _until_registered(server)
    clock = asyncio.get_running_loop()
    orphans_from = clock.time()
    while True:
        orphans = clock.time() >= orphans_from and lease.may_expire_others() and not server.draining
        if orphans:
            orphans_from = clock.time() + pause_s(_POLL_EVERY_S, workers()) - _POLL_EVERY_S / 2
        await recovery.poll(orphans=orphans)
        await asyncio.sleep(_POLL_EVERY_S)


async def _look_for_waiting_callers(
    server: AgentServer, waiting: WaitingCallers, workers: Callable[[], int]
) -> None:
    while True:
        await asyncio.sleep(pause_s(LOOK_EVERY_S, workers()))
        if not server.draining:
            await waiting.poll()


async def _drain(server: AgentServer, draining: Draining) -> None:
    while True:
        await asyncio.sleep(_POLL_EVERY_S)
        if server.draining:
            await draining.poll()
