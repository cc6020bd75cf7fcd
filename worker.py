"""The worker: composition root and job entrypoint. Run `python -m livekit.agents start worker.py`."""

from __future__ import annotations

import argparse
import gc
import logging
import math
import sys
import time
from dataclasses import replace
from functools import partial

from livekit.agents import JobContext

import agents.process.before_loop  # noqa: F401 - before LiveKit starts the loop
from agents.admission.admission import Admission
from agents.admission.capacity import Capacity
from agents.audio.turn_model import share_turn_model
from agents.groq.budget.messages import answer_told, obey
from agents.jobs.admit_call import admit_call
from agents.jobs.answer_call import answer_call
from agents.jobs.closing_message import say_farewell
from agents.jobs.recover_call import recover_call
from agents.jobs.take_over import take_handoff
from agents.process.job_store import job_store
from agents.process.process_context import (
    ProcessContext,
    load_new_lines,
    process_context,
    with_changed_roster,
)
from agents.worker.baton_server import BatonServer, refuse
from agents.worker.orphan import exit_orphaned
from errors import BadInput, StoreUnusable
from failover.heartbeat import sending_heartbeats
from persistence.records import JobId
from settings import WORKER_GROUPS, WorkerSettings, adopt, check_groups, is_given, read
from transfer.protocol import AdmitCall, AnswerCall, RecoverCall, TakeHandoff, Task, read_dispatch

log = logging.getLogger(__name__)

LOOP_MONITOR = "LIVEKIT_AGENTS_LOOP_BLOCK_WARN_MS"
"""LiveKit's watch over each event loop reads, from a thread of its own, the frames that the loop's thread is
running. Python 3.11 does not always survive that (cpython 99110, 106883). It also wakes each process 100
times a second. So it is off unless somebody asks for it (docs/decisions.md)."""

_WARM_LIMIT_S = 60.0
"""A late process is still on its way. On busy cores, LiveKit's limit of 10 s ends it, and then the next one:
a worker was seen without a warm process for minutes."""

USAGE = "start it with: python -m livekit.agents start worker.py; its settings are in .env.example"


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
    """The server with its settings. Which calls it takes is ours to decide (agents/admission)."""
    settings = worker_settings()
    if not is_given(LOOP_MONITOR):
        adopt({LOOP_MONITOR: "0"})
    share_turn_model()
    capacity = Capacity(
        settings.calls_at_once,
        settings.processor_limit,
        lambda: [running.job.room.name for running in server.active_jobs],
        time.monotonic,
    )
    admission = Admission(capacity, time.monotonic)
    server = BatonServer(
        health_port=settings.health_port,
        admission=admission,
        load_fnc=capacity.reported_load,
        load_threshold=math.inf,
        num_idle_processes=settings.idle_processes,
        initialize_process_timeout=_WARM_LIMIT_S,
        max_retry=sys.maxsize,  # livekit-server may be away for long
        drain_timeout=int(settings.drain_limit_s),
        preload_modules=["agents.worker.preload", "agents.worker.fast_loop"],
    )
    server.rtc_session(take_call, agent_name=settings.agent_name, on_request=admission.accept_or_reject)
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
        on_told=partial(obey, process.budget),
    )
    try:
        async with heartbeats as tell:
            process.budget.heard = lambda answer: tell(answer_told(answer))
            process.turn_model.ask(ctx.inference_executor)
            await _serve(ctx, replace(process, tell_parent=tell), task)
    finally:
        ctx.add_shutdown_callback(process.groq.close)  # by then LiveKit has closed the session, which uses it
        ctx.shutdown("done")


async def _serve(ctx: JobContext, process: ProcessContext, task: Task) -> None:
    process = await with_changed_roster(ctx, process)
    await load_new_lines(process)
    store = await job_store(ctx, process)
    try:
        if isinstance(task, AnswerCall):
            await answer_call(ctx, process, store, task)
        elif isinstance(task, TakeHandoff):
            await take_handoff(ctx, process, store, task)
        elif isinstance(task, AdmitCall):
            await admit_call(ctx, process, store, task)
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
gc.freeze()  # what is imported stays: to look through it would stop the loop for 0.13 s, again and again
