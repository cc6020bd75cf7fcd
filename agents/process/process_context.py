"""What a process prepares before its call: settings, roster, Groq client, VAD, prompt audio."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from groq import AsyncGroq
from livekit.agents import JobContext, JobProcess, inference

from agents.audio.prepared_audio import PromptAudioCache
from agents.audio.turn_model import TurnModel
from agents.audio.vad import make_vad
from agents.groq.breaker import Breaker
from agents.groq.client import make_client
from agents.process.log_filters import install_log_filters
from agents.process.spoken_prompts import prompt_audio_cache, prompts_of
from agents.roster.roster import Roster, load_roster
from clock import SystemClock
from failover.heartbeat import HeartbeatAddress
from persistence.records import WorkerId
from persistence.write_queue import WriteQueue
from settings import Settings
from transfer.livekit.server_api import ServerApi
from transfer.ports import Clock

_KEY = "baton"


@dataclass(frozen=True, slots=True)
class ParentWorker:
    """The worker that started this process. Its id outlasts its connections to livekit-server."""

    worker: WorkerId
    heartbeats: HeartbeatAddress | None


NO_PARENT = ParentWorker(WorkerId("alone"), heartbeats=None)
"""No supervisor: for workers other than Baton's, such as a benchmark's."""


@dataclass(frozen=True, slots=True)
class ProcessContext:
    """Made once per process, used by its only job."""

    parent: ParentWorker
    settings: Settings
    roster: Roster
    groq: AsyncGroq
    breaker: Breaker
    vad: inference.VAD
    turn_model: TurnModel
    lines: PromptAudioCache
    clock: Clock
    write_queue: WriteQueue


def warm_up(process: JobProcess, *, parent: ParentWorker = NO_PARENT) -> None:
    """LiveKit's setup function: runs in each job process before it gets a job."""
    install_log_filters()
    settings = Settings()
    _ = settings.call, settings.handoff  # read now, not while a caller waits
    roster = load_roster(settings.worker.roster_folder, voices=settings.groq.voices.split())
    lines = prompt_audio_cache(settings)
    lines.load(prompts_of(roster, settings.call))
    process.userdata[_KEY] = ProcessContext(
        parent=parent,
        settings=settings,
        roster=roster,
        groq=make_client(settings.groq, settings.groq_access),
        breaker=Breaker(settings.groq),
        vad=make_vad(),
        turn_model=TurnModel(),
        lines=lines,
        clock=SystemClock(),
        write_queue=WriteQueue(),
    )


async def load_new_lines(process: ProcessContext) -> None:
    """Load the lines that were made since this process got ready: a first start takes calls meanwhile."""
    wanted = prompts_of(process.roster, process.settings.call)
    if missing := process.lines.missing(wanted):
        await asyncio.to_thread(process.lines.load, missing)


def process_context(ctx: JobContext) -> ProcessContext:
    """Return what this job's process has prepared."""
    context = ctx.proc.userdata[_KEY]
    assert isinstance(context, ProcessContext)
    return context


def server_api(ctx: JobContext) -> ServerApi:
    """livekit-server's API for this job. LiveKit owns the connection."""
    return ServerApi(ctx.api, process_context(ctx).settings.worker.agent_name)
