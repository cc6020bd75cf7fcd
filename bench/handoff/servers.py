"""All that a run needs, started and stopped: the local stack, and the baselines' worker beside Baton's."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from livekit import api

from agents.roster.roster import load_roster
from bench.handoff.place import Place
from local.groq_standin.script import load_script
from local.livekit.server import free_ports
from local.processes import running
from local.stack import SCRIPTS, Stack, local_stack, registered_and_warm
from persistence.engines import open_store
from settings import Settings

LATENCIES = "like-groq"
SCRIPT = SCRIPTS / "bench.yaml"
_BASELINES = Path(__file__).parent / "baselines.py"

_START_LIMIT_S = 60.0


@asynccontextmanager
async def servers(folder: Path, on_step: Callable[[str], None]) -> AsyncIterator[Place]:
    """Start all, in `folder`'s files. Raises: BadInput, SetupFailed."""
    async with (
        local_stack(
            folder, script=SCRIPT, latencies=LATENCIES, stand_in_always=True, on_step=on_step
        ) as stack,
        baselines(folder, stack),
        place_of(stack) as place,
    ):
        on_step("the baselines' worker is registered, and its processes are warm")
        yield place


@asynccontextmanager
async def place_of(stack: Stack) -> AsyncIterator[Place]:
    """What rounds need of a stack that runs SCRIPT. Raises: BadInput."""
    settings, livekit, script = Settings(), stack.livekit, load_script(SCRIPT)
    roster = load_roster(settings.worker.roster_folder, voices=settings.groq.voices.split())
    async with (
        api.LiveKitAPI(livekit.url, livekit.api_key, livekit.api_secret) as livekit_api,
        open_store(stack.store, read_only=True) as store,
    ):
        yield Place(
            livekit=livekit,
            api=livekit_api,
            store=store,
            script=script,
            roster=roster,
            agent_name=stack.agent_name,
            first=settings.call.first_role,
            second=str(script.callers["target"][0].to),
            matter=script.summary[0].matter,
        )


@asynccontextmanager
async def baselines(folder: Path, stack: Stack) -> AsyncIterator[None]:
    """The baselines' worker beside the stack's, warm; its log is in `folder`. Raises: SetupFailed."""
    async with running(
        "the baselines' worker",
        [sys.executable, "-m", "livekit.agents", "start", str(_BASELINES)],
        env={**stack.env, "BATON_HEALTH_PORT": str(free_ports().http)},
        log=folder / "baselines.log",
        ready=registered_and_warm(Settings().worker.idle_processes),
        limit_s=_START_LIMIT_S,
    ):
        yield
