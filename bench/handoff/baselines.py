"""The baselines' worker: one agent that is bare, a swap or plain, as its dispatch metadata asks.

It has what Baton's worker has: the same set-up of the same models, and as many process processes.
"""

from __future__ import annotations

from livekit.agents import AgentServer, JobContext

from agents.process.process_context import process_context, warm_up
from bench.handoff.bare import play_a_sound
from bench.handoff.plain import answer_plainly
from bench.handoff.protocol import AGENT_NAME, Asked
from bench.handoff.swap import swap_agents
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
        preload_modules=["agents.worker.preload", "bench.handoff.baselines"],
    )
    server.rtc_session(serve, agent_name=AGENT_NAME)
    return server


async def serve(ctx: JobContext) -> None:
    process, asked = process_context(ctx), Asked.model_validate_json(ctx.job.metadata)
    match asked.side:
        case "bare":
            await play_a_sound(ctx)
        case "swap":
            await swap_agents(ctx, process, asked)
        case "plain":
            await answer_plainly(ctx, process, asked)


server = make_server()
