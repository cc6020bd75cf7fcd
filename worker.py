"""The worker: composition root and job entrypoint. Run `python -m livekit.agents start worker.py`."""

from __future__ import annotations

import argparse
import asyncio
import logging
import math
import sys
from collections.abc import Awaitable, Callable
from functools import partial

from livekit.agents import NOT_GIVEN, AgentServer, JobContext, NotGivenOr
from livekit.agents.utils import is_given

from agents.jobs.answer_call import answer_call
from agents.jobs.closing_message import say_farewell
from agents.jobs.recover_call import recover_call
from agents.jobs.take_over import take_handoff
from agents.process.job_store import job_store
from agents.process.process_context import ProcessContext, process_context, warm_up
from agents.worker.admission import Capacity
from agents.worker.orphan import exit_orphaned
from agents.worker.preflight import check_before_calls
from agents.worker.status_signal import log_status_on_signal
from agents.worker.supervisor import supervise
from errors import BadInput, StoreUnusable
from failover.heartbeat import sending_heartbeats
from persistence.records import JobId
from settings import WORKER_GROUPS, Settings, WorkerSettings, check_groups, read
from transfer.protocol import AnswerCall, RecoverCall, TakeHandoff, read_dispatch

log = logging.getLogger(__name__)

USAGE = "start it with: python -m livekit.agents start worker.py; its settings are in .env.example"


_LOOK_EVERY_S = 0.25


class BatonServer(AgentServer):
    """LiveKit's AgentServer that takes no call before all was looked at, and loses none it has taken."""

    _calls: Callable[[], Awaitable[bool]] | None = None  # set once it runs

    async def _has_calls(self) -> bool:
        return self._calls is not None and await self._calls()

    async def drain(self, timeout: NotGivenOr[int | None] = NOT_GIVEN) -> None:  # noqa: ASYNC109 - LiveKit's
        """Also wait for calls whose process has died: another one of ours may be about to take its place.

        Raises: TimeoutError.
        """
        async with asyncio.timeout(timeout if is_given(timeout) else self._drain_timeout):
            await super().drain(None)
            while await self._has_calls():  # noqa: ASYNC110 - the call's row tells, and sends no event
                await asyncio.sleep(_LOOK_EVERY_S)

    async def run(self, *, devmode: bool = False, unregistered: bool = False) -> None:
        settings = Settings()
        try:
            await check_before_calls(settings)
        except BadInput as bad:
            if (task := asyncio.current_task()) is not None:
                # Otherwise the loop logs the exit with its traceback, and with everything that was read.
                task.add_done_callback(lambda ended: ended.exception())
            refuse(bad)
        async with supervise(settings, self) as (parent, self._calls):
            self.setup_fnc = partial(warm_up, parent=parent)
            with log_status_on_signal(lambda: len(self.active_jobs)):
                await super().run(devmode=devmode, unregistered=unregistered)


def refuse(bad: BadInput) -> None:
    """Write one line for each mistake, and exit with code 2."""
    for mistake in bad.each:
        sys.stderr.write(f"baton: {mistake}\n")
    sys.exit(2)


def worker_settings() -> WorkerSettings:
    try:
        return read(WorkerSettings)
    except BadInput:
        try:
            check_groups(WORKER_GROUPS)
        except BadInput as every:
            refuse(every)
        raise


def make_server() -> BatonServer:
    """The server with its settings. Which calls it takes is ours to decide (agents/worker/admission.py)."""
    settings = worker_settings()
    capacity = Capacity(
        settings.calls_at_once, lambda: [running.job.room.name for running in server.active_jobs]
    )
    server = BatonServer(
        load_fnc=capacity.load,
        load_threshold=math.inf,
        num_idle_processes=settings.idle_processes,
        port=settings.health_port,
        host="127.0.0.1",
        drain_timeout=int(settings.drain_limit_s),
        preload_modules=["agents.worker.preload"],
    )
    server.rtc_session(take_call, agent_name=settings.agent_name, on_request=capacity.accept_or_reject)
    return server


async def take_call(ctx: JobContext) -> None:
    """One job. Its dispatch metadata says whether it answers a call, takes one over, or recovers one."""
    process = process_context(ctx)
    task = read_dispatch(ctx.job.metadata)
    if task is None:
        # The dispatch does not follow our protocol: end this job, and do nothing else.
        log.error("dispatch metadata is not understood", extra={"job": ctx.job.id})
        ctx.shutdown("dispatch metadata is not understood")
        return
    heartbeats = sending_heartbeats(
        process.parent.heartbeats,
        job=JobId(ctx.job.id),
        room=ctx.job.room.name,
        answering=task if isinstance(task, AnswerCall) else None,
        on_parent_gone=partial(exit_orphaned, process),
    )
    try:
        async with heartbeats:
            await _serve(ctx, process, task)
    finally:
        ctx.add_shutdown_callback(process.groq.close)  # by then LiveKit has closed the session, which uses it
        ctx.shutdown("done")


async def _serve(
    ctx: JobContext, process: ProcessContext, task: AnswerCall | TakeHandoff | RecoverCall
) -> None:
    store = await job_store(ctx, process)
    try:
        if isinstance(task, AnswerCall):
            await answer_call(ctx, process, store, task)
        elif isinstance(task, TakeHandoff):
            await take_handoff(ctx, process, store, task)
        else:
            await recover_call(ctx, process, store, task)
    except StoreUnusable:
        if not isinstance(task, RecoverCall):
            raise
        log.exception("a call cannot be recovered", extra={"call": task.call})
        await say_farewell(ctx, process, None, None)


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__, epilog=USAGE).parse_args()
    sys.stderr.write(f"worker.py: {USAGE}\n")
    sys.exit(2)

server = make_server()
