"""What a process prepares before its call: settings, roster, Groq client, VAD, prompt audio."""

from __future__ import annotations

import asyncio
import importlib
from dataclasses import dataclass, replace
from pathlib import Path

from groq import AsyncGroq
from livekit.agents import JobContext, JobProcess

from agents.audio.prepared_audio import PromptAudioCache
from agents.audio.turn_model import TurnModel
from agents.groq.breaker import Breaker
from agents.groq.budget.budget import Budget
from agents.groq.client import make_client
from agents.groq.spending.book import SpendingBook
from agents.groq.spending.guesses import watch_guess
from agents.process.cost_file import CostFolder
from agents.process.costs import CostKeeper
from agents.process.log_filters import install_log_filters
from agents.process.roster_changes import ChangingRoster, State
from agents.process.spoken_prompts import prompt_audio_cache, wanted_of
from agents.roster.roster import Roster, load_roster
from clock import SystemClock
from failover.heartbeat import HeartbeatAddress, Told, not_told
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
    costs: CostKeeper
    budget: Budget
    breaker: Breaker
    turn_model: TurnModel
    lines: PromptAudioCache
    clock: Clock
    write_queue: WriteQueue
    roster_state: State | None = None  # of the roster's files; None: changes are ignored
    tell_parent: Told = not_told


def warm_up(process: JobProcess, *, parent: ParentWorker = NO_PARENT) -> None:
    """LiveKit's setup function: runs in each job process before it gets a job."""
    install_log_filters()
    settings = Settings()
    _ = (
        settings.call,
        settings.handoff,
        settings.keeping,
        settings.recording,
    )  # read now, not while a caller waits
    roster, state = _roster(settings)
    if any(role.tool_servers for role in roster.roles.values()):
        importlib.import_module("agents.tools.mcp_server")  # now: it would stall a call for 0.5 s
    lines = prompt_audio_cache(settings)
    lines.load(wanted_of(settings, roster))
    book, queue = SpendingBook(), WriteQueue()
    budget = Budget(patience_s=settings.groq.retry_wait_limit_s)
    book.spent, book.asks = budget.spend, watch_guess
    process.userdata[_KEY] = ProcessContext(
        parent=parent,
        settings=settings,
        roster=roster,
        groq=make_client(settings.groq, settings.groq_access, book=book, budget=budget),
        costs=CostKeeper(book, queue, CostFolder(settings.worker.store)),
        budget=budget,
        breaker=Breaker(settings.groq, budget=budget),
        turn_model=TurnModel(),
        lines=lines,
        clock=SystemClock(),
        write_queue=queue,
        roster_state=state,
    )


def _changing(settings: Settings) -> ChangingRoster:
    worker = settings.worker
    return ChangingRoster(worker.roster_folder, worker.lines_folder / "rosters", settings.groq.voices.split())


def _roster(settings: Settings) -> tuple[Roster, State | None]:
    """Return the roster, and the state of its files if changes are taken."""
    if settings.worker.reload_roster:
        changing = _changing(settings)
        state = changing.state()
        return changing.latest(), state
    voices = settings.groq.voices.split()
    return load_roster(settings.worker.roster_folder, voices=voices, documents=False), None


def index_folder(settings: Settings) -> Path:
    """Return the folder with the indexes of the roles' documents."""
    return settings.worker.lines_folder / "knowledge"


async def with_changed_roster(ctx: JobContext, process: ProcessContext) -> ProcessContext:
    """Return the process's context, with the roster as it is now if the settings say so."""
    if process.roster_state is None:
        return process
    changing = _changing(process.settings)
    roster = await asyncio.to_thread(changing.changed, process.roster_state)
    if roster is not None:
        process = ctx.proc.userdata[_KEY] = replace(process, roster=roster)
    return process


async def load_new_lines(process: ProcessContext) -> None:
    """Load the lines made since this process got ready: a first start takes calls meanwhile."""
    wanted = wanted_of(process.settings, process.roster)
    if missing := process.lines.missing(wanted):
        await asyncio.to_thread(process.lines.load, missing)


def process_context(ctx: JobContext) -> ProcessContext:
    """Return what this job's process has prepared."""
    context = ctx.proc.userdata[_KEY]
    assert isinstance(context, ProcessContext)
    return context


def server_api(ctx: JobContext) -> ServerApi:
    """Return livekit-server's API for this job. LiveKit owns the connection."""
    return ServerApi(ctx.api, process_context(ctx).settings.worker.agent_name)
