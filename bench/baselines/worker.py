"""The baselines' worker: one agent that is bare, a swap or plain, as its dispatch metadata says.

It has what Baton's worker has: the same models with the same setup, and as many warm processes.
"""

from __future__ import annotations

from livekit.agents import AgentServer, JobContext

from agents.process.process_context import process_context, warm_up
from bench.baselines.bare import play_a_sound
from bench.baselines.plain import answer_plainly
from bench.baselines.protocol import AGENT_NAME, BaselineJob
from bench.baselines.swap import swap_agents
from settings import Settings


def make_server() -> AgentServer:
    settings = Settings().worker
    server = AgentServer(
        setup_fnc=warm_up,
        load_fnc=lambda _: 0.0,
        num_idle_processes=settings.idle_processes,
        port=settings.health_port,
        host="127.0.0.1",
        drain_timeout=int(settings.drain_limit_s),
        preload_modules=["agents.worker.preload", "bench.baselines.worker"],
    )
    server.rtc_session(serve, agent_name=AGENT_NAME)
    return server


async def serve(ctx: JobContext) -> None:
    process, job = process_context(ctx), BaselineJob.model_validate_json(ctx.job.metadata)
    match job.side:
        case "bare":
            await play_a_sound(ctx)
        case "swap":
            await swap_agents(ctx, process, job)
        case "plain":
            await answer_plainly(ctx, process, job)


server = make_server()
