"""Checks before a worker takes calls: first what people wrote, then the servers, which it waits for."""

from __future__ import annotations

import asyncio
import logging
import math
import socket
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any

from livekit.agents.utils.hw import get_cpu_monitor

from agents.admission.room_for_calls import CALL_CORES
from agents.groq.budget.budget import Budget
from agents.groq.client import make_client
from agents.groq.models import Spared, check_models
from agents.groq.prices import load_prices
from agents.knowledge.knowledge import Knowledge
from agents.process.process_context import index_folder
from agents.process.spoken_prompts import missing_prompts, render_prompts, wanted_of
from agents.roster.roster import Roster, load_roster
from agents.worker.livekit_access import check_livekit
from agents.worker.writable_folder import made_writable
from errors import BadInput, Mistakes, OutOfReach, StoreUnusable
from failover.other_versions import check_other_versions
from persistence.engines import migrate, open_store
from readiness import GROQ, LIVEKIT, STORE, Readiness
from recordings.folder import SETTING as FOLDER
from recordings.folder import check_room
from recordings.keys import read_keys
from settings import WORKER_GROUPS, Settings, WorkerSettings, check_groups
from tasks import Tasks, together

LINES = "the rest of the spoken lines"
"""One of the needs that `Readiness` names, as people read it."""
_LIVEKIT_LIMIT_S = 10.0
_LINES_LIMIT_S = 5.0
_REFUSED_S = 60.0
"""The pause before refused lines are requested again: a person has to act first."""
_MEANWHILE = "until then, lines are spoken live, or by this machine's spare voice"
log = logging.getLogger(__name__)


async def wait_for_servers(
    settings: Settings, roster: Roster, readiness: Readiness, rest: Tasks, budget: Budget
) -> None:
    """Wait for the store, livekit-server and Groq, all at once and without a limit; prepare the spoken lines.

    `rest` owns the lines still being made when calls can be taken; `budget` says what they may spend.
    Raises: BadInput, with the first problem that waiting does not fix.
    """
    livekit = partial(check_livekit, settings.livekit, limit_s=_LIVEKIT_LIMIT_S)
    async with together() as group:
        group.create_task(readiness.until_reached(STORE, partial(_reach_store, settings.worker.store)))
        group.create_task(readiness.until_reached(LIVEKIT, livekit))
        group.create_task(prepare_lines(settings, roster, readiness, rest, budget))
        group.create_task(prepare_knowledge(settings, roster))


async def _reach_store(url: str) -> None:
    """Raises: BadInput, OutOfReach."""
    await asyncio.to_thread(migrate, url)
    async with open_store(url, read_only=True, patient=True) as store:
        await check_other_versions(store)


async def prepare_knowledge(settings: Settings, roster: Roster) -> None:
    """Index the roles' documents, so that no call has to. Raises: BadInput."""
    for folder in {role.documents for role in roster.roles.values() if role.documents}:
        try:
            await asyncio.to_thread(Knowledge(folder, index_folder(settings)).prepare)
        except StoreUnusable as error:
            raise BadInput(
                "BATON_LINES_FOLDER", str(error), "make room, or set it to another folder"
            ) from error


async def prepare_lines(
    settings: Settings, roster: Roster, readiness: Readiness, rest: Tasks, budget: Budget
) -> None:
    """Start making the spoken lines; wait only while they come quickly, and leave the others to `rest`.

    A missing line is spoken live, or by the spare voice, so it is no reason to take no calls. But if no line
    has ever been made, wait for Groq itself: its address may be wrong.
    """
    render = partial(render_prompts, settings, roster, budget=budget)

    async def prepare() -> None:
        making = None
        try:
            async with make_client(settings.groq, settings.groq_access) as client:
                await check_models(client, settings.groq, role_models=roster.role_models)
        except Spared:
            pass  # `watch_groq` reports it
        except OutOfReach:
            missing = await asyncio.to_thread(missing_prompts, settings, roster)
            if len(missing) == len(wanted_of(settings, roster)):
                raise
        else:
            making = await _made_quickly(render, rest)
        if making is None or not making.done() or making.exception() is not None:
            log.info("lines are still being made; calls are taken meanwhile")
            rest.start(_see_through(making, render, readiness.tell), name="rest of the lines")

    await readiness.until_reached(GROQ, prepare)


async def _made_quickly(render: Callable[..., Coroutine[Any, Any, None]], rest: Tasks) -> asyncio.Task[None]:
    waits = asyncio.Event()
    making = rest.start(render(waits=waits), name="lines")
    limited = rest.start(waits.wait(), name="limit of the lines")
    await asyncio.wait({making, limited}, timeout=_LINES_LIMIT_S, return_when=asyncio.FIRST_COMPLETED)
    limited.cancel()
    return making


async def _see_through(
    making: asyncio.Task[None] | None,
    render: Callable[[], Awaitable[None]],
    tell: Callable[[str], None],
) -> None:
    """Retry until all lines are made, however Groq fails. `making`: the attempt under way."""
    refused = False

    async def make() -> None:
        nonlocal making, refused
        if refused:
            await asyncio.sleep(_REFUSED_S)
        trying, making = making, None
        try:
            await (trying or render())
        except BadInput as bad:
            refused = not isinstance(bad, OutOfReach)
            raise

    lines = Readiness(tell=lambda line: tell(f"{line}; {_MEANWHILE}" if "waiting for" in line else line))
    await lines.until_reached(LINES, make, bears_refusals=True)


async def watch_groq(settings: Settings, roster: Roster, tell: Callable[[str], None]) -> None:
    """Report why Groq does not answer or what it refuses, until it answers once. Calls are taken anyway."""
    look = partial(check_models, settings=settings.groq, role_models=roster.role_models)
    async with make_client(settings.groq, settings.groq_access) as client:
        await Readiness(tell=tell).until_reached(GROQ, partial(look, client), bears_refusals=True)


def check_written(settings: Settings) -> Roster:
    """Check all settings, the port, the folders and the roster. Raises: BadInput, with every mistake."""
    mistakes = Mistakes()
    with mistakes.collecting():
        check_groups(WORKER_GROUPS)
    with mistakes.collecting():
        _check_port(settings.worker)
    with mistakes.collecting():
        _check_processors(settings.worker)
    with mistakes.collecting():
        made_writable(settings.worker.lines_folder, "BATON_LINES_FOLDER", "set it to another folder")
    with mistakes.collecting():
        _check_recording(settings)
    with mistakes.collecting():
        load_prices(settings.worker)  # another program shows them: report a mistake before a call
    with mistakes.collecting():
        roster = load_roster(settings.worker.roster_folder, voices=settings.groq.voices.split())
        with mistakes.collecting():
            roster.first_role(settings.call)
        if settings.recovery.fallback_role is not None:
            roster.models_role(settings.recovery.fallback_role, asked_by="BATON_FALLBACK_ROLE")
    mistakes.tell()
    return roster


def _check_recording(settings: Settings) -> None:
    recording = settings.recording
    if recording.folder is None or recording.key_file is None:
        return
    read_keys(recording.key_file)
    made_writable(recording.folder, FOLDER, "set it to another folder")
    check_room(recording.folder, settings.worker.calls_at_once)


def _check_processors(worker: WorkerSettings) -> None:
    cores = get_cpu_monitor().cpu_count()
    if worker.processor_limit * cores < CALL_CORES:
        least = math.ceil(100 * CALL_CORES / cores) / 100
        wrong = f"{worker.processor_limit:g} of {cores:g} processors is less than one call takes"
        raise BadInput("BATON_PROCESSOR_LIMIT", wrong, f"set it to {least:g} or more")


def _check_port(worker: WorkerSettings) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", worker.health_port))
        except OSError as error:
            raise BadInput(
                "BATON_HEALTH_PORT", f"port {worker.health_port} is in use", "set it to a free port, or to 0"
            ) from error
