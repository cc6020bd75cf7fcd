"""The worker: joins the parts, and takes calls. Run it with `python -m livekit.agents start worker.py`."""

from __future__ import annotations

import asyncio
import logging
import sys

from livekit.agents import AgentServer, JobContext
from pydantic import TypeAdapter, ValidationError

from agents.answer import answer_call
from agents.job_store import job_store
from agents.start import check_before_calls
from agents.take import take_handoff
from agents.warm import warm_of, warm_up
from errors import BadInput
from settings import Settings, WorkerSettings
from transfer.protocol import AnswerCall, Dispatch, TakeHandoff

log = logging.getLogger("baton.worker")

_DISPATCH: TypeAdapter[AnswerCall | TakeHandoff] = TypeAdapter(Dispatch)


class BatonServer(AgentServer):
    """LiveKit's AgentServer that takes no call before everything a call needs was looked at."""

    async def run(self, *, devmode: bool = False, unregistered: bool = False) -> None:
        try:
            await check_before_calls(Settings())
        except BadInput as bad:
            if (task := asyncio.current_task()) is not None:
                # Otherwise the loop would log the exit with its traceback, and with all that was read.
                task.add_done_callback(lambda ended: ended.exception())
            refuse(bad)
        await super().run(devmode=devmode, unregistered=unregistered)


def refuse(bad: BadInput) -> None:
    """One line about what is wrong, and exit code 2."""
    sys.stderr.write(f"baton: {bad}\n")
    sys.exit(2)


def worker_settings() -> WorkerSettings:
    try:
        return Settings().worker
    except BadInput as bad:
        refuse(bad)
        raise


def make_server() -> BatonServer:
    """The server with its settings. Its load is calls in hand: jobs are what a load window cannot miss."""
    settings = worker_settings()

    def load(server: AgentServer) -> float:
        return min(1.0, len(server.active_jobs) / settings.calls_at_once)

    server = BatonServer(
        setup_fnc=warm_up,
        load_fnc=load,
        load_threshold=1.0,
        num_idle_processes=settings.idle_processes,
        port=settings.health_port,
        host="127.0.0.1",
        drain_timeout=int(settings.drain_limit_s),
        preload_modules=["agents.preload"],
    )
    server.rtc_session(take_call, agent_name=settings.agent_name)
    return server


async def take_call(ctx: JobContext) -> None:
    """One job: its dispatch metadata says whether it answers a call or takes one over."""
    warm = warm_of(ctx)
    try:
        task = _DISPATCH.validate_json(ctx.job.metadata or '{"kind": "answer"}')
    except ValidationError as error:
        # Whoever dispatched this does not speak our protocol: this job ends, nothing else happens.
        told = {"job": ctx.job.id, "errors": error.error_count()}
        log.error("dispatch metadata is not understood", extra=told)  # noqa: TRY400 - it would hold the metadata
        ctx.shutdown("dispatch metadata is not understood")
        return
    try:
        store = await job_store(ctx, warm)
        if isinstance(task, AnswerCall):
            await answer_call(ctx, warm, store, task)
        else:
            await take_handoff(ctx, warm, store, task)
    finally:
        await warm.groq.close()
        ctx.shutdown("done")


server = make_server()
