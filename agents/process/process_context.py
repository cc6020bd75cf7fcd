"""What a process has ready before its call: settings, roster, one AsyncGroq, models, spoken lines."""

from __future__ import annotations

from dataclasses import dataclass

from groq import AsyncGroq
from livekit.agents import JobContext, JobProcess, inference

from agents.audio.prepared_audio import PromptAudioCache
from agents.audio.vad import make_vad
from agents.groq.breaker import Breaker
from agents.groq.client import make_client
from agents.process.log_filters import install_log_filters
from agents.process.spoken_prompts import prompt_audio_cache, prompts_by_voice
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
    """The process that ours was started by: the worker, under its own id, which outlasts its connections."""

    worker: WorkerId
    heartbeats: HeartbeatAddress | None


NO_PARENT = ParentWorker(WorkerId("alone"), heartbeats=None)
"""Nobody watches: for workers that are none of Baton's, such as a benchmark's."""


@dataclass(frozen=True, slots=True)
class ProcessContext:
    """Made once a process, used by its one job."""

    parent: ParentWorker
    settings: Settings
    roster: Roster
    groq: AsyncGroq
    breaker: Breaker
    vad: inference.VAD
    lines: PromptAudioCache
    clock: Clock
    write_queue: WriteQueue


def warm_up(process: JobProcess, *, parent: ParentWorker = NO_PARENT) -> None:
    """LiveKit's setup function: runs in each job process before a job is given to it."""
    install_log_filters()
    settings = Settings()
    _ = settings.call, settings.handoff  # read now, and not while a caller waits
    roster = load_roster(settings.worker.roster_folder, voices=settings.groq.voices.split())
    lines = prompt_audio_cache(settings)
    lines.load(prompts_by_voice(roster))
    process.userdata[_KEY] = ProcessContext(
        parent=parent,
        settings=settings,
        roster=roster,
        groq=make_client(settings.groq, settings.groq_access),
        breaker=Breaker(settings.groq),
        vad=make_vad(),
        lines=lines,
        clock=SystemClock(),
        write_queue=WriteQueue(),
    )


def process_context(ctx: JobContext) -> ProcessContext:
    """What this job's process has ready."""
    context = ctx.proc.userdata[_KEY]
    assert isinstance(context, ProcessContext)
    return context


def server_api(ctx: JobContext) -> ServerApi:
    """livekit-server's API, as this job may use it. LiveKit owns the connection."""
    return ServerApi(ctx.api, process_context(ctx).settings.worker.agent_name)
