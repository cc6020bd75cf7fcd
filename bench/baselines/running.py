"""Starts the baselines' worker beside Baton's, and measures its bare agent."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from livekit import api

from bench.baselines.protocol import AGENT_NAME, BaselineJob
from local.caller.caller import Caller
from local.livekit.server import free_ports
from local.processes import Program, running
from local.stack import Stack, registered_and_warm
from settings import Settings

_WORKER = Path(__file__).parent / "worker.py"
_START_LIMIT_S = 60.0
_ANSWER_LIMIT_S = 20.0
_SPEECH_LIMIT_S = 30.0


@asynccontextmanager
async def baselines(folder: Path, stack: Stack) -> AsyncIterator[Program]:
    """Run the baselines' worker, warm, on the stack's servers; logs go to `folder`. Raises: SetupFailed."""
    async with running(
        "the baselines' worker",
        [sys.executable, "-m", "livekit.agents", "start", str(_WORKER)],
        env={**stack.env, "BATON_HEALTH_PORT": str(free_ports().http)},
        log=folder / "baselines.log",
        ready=registered_and_warm(Settings().worker.idle_processes),
        limit_s=_START_LIMIT_S,
    ) as worker:
        yield worker


async def bare_dispatch_ms(livekit: api.LiveKitAPI, caller: Caller, room: str) -> int:
    """Return the ms from the request for a bare agent to its first sound. The caller is alone in the room."""
    job = BaselineJob(side="bare", role="", target="", matter="", caller="")
    request = api.CreateAgentDispatchRequest(agent_name=AGENT_NAME, room=room, metadata=job.model_dump_json())
    requested_at = caller.now_ms
    await livekit.agent_dispatch.create_dispatch(request)
    await caller.hears(since_ms=requested_at, limit_s=_ANSWER_LIMIT_S)
    await caller.hears_out(limit_s=_SPEECH_LIMIT_S)
    return caller.sounds()[0].start_ms - requested_at
