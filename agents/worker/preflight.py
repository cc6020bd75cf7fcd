"""What a worker checks before it takes calls: what a person wrote, then the servers, for which it waits."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from functools import partial

from agents.groq.client import make_client
from agents.groq.models import check_models
from agents.process.spoken_prompts import all_prompts_rendered, render_prompts
from agents.roster.roster import Roster, load_roster
from agents.worker.livekit_access import check_livekit
from agents.worker.writable_folder import made_writable
from errors import BadInput, Mistakes, OutOfReach
from persistence.engines import migrate
from readiness import Readiness
from settings import WORKER_GROUPS, Settings, WorkerSettings, check_groups
from tasks import Tasks, together

STORE, LIVEKIT, GROQ = "the store", "livekit-server", "Groq"
"""What a worker needs, as a person reads it."""

LINES = "the rest of the spoken lines"
_LIVEKIT_LIMIT_S = 10.0
_LINES_LIMIT_S = 10.0
log = logging.getLogger(__name__)


async def wait_for_servers(settings: Settings, roster: Roster, readiness: Readiness, rest: Tasks) -> None:
    """Wait for the store, livekit-server and Groq, all at once and however long; prepare the spoken lines.

    `rest` owns what is left of the lines when calls can be taken. Raises: BadInput, with the first thing that
    waiting does not mend.
    """
    store = partial(asyncio.to_thread, migrate, settings.worker.store)
    livekit = partial(check_livekit, settings.livekit, limit_s=_LIVEKIT_LIMIT_S)
    async with together() as group:
        group.create_task(readiness.until_reached(STORE, store))
        group.create_task(readiness.until_reached(LIVEKIT, livekit))
        group.create_task(prepare_lines(settings, roster, readiness, rest))


async def prepare_lines(settings: Settings, roster: Roster, readiness: Readiness, rest: Tasks) -> None:
    """Wait until all spoken lines are there, but no longer than they come quickly: `rest` makes the others.

    A line that is not there yet is spoken live.
    """

    async def prepare() -> None:
        try:
            async with make_client(settings.groq, settings.groq_access) as client:
                await check_models(client, settings.groq, role_models=roster.role_models)
        except OutOfReach:
            if not await asyncio.to_thread(all_prompts_rendered, settings, roster):
                raise
            return  # it may be back by the next call, and until then the prepared lines bridge the gap
        waits = asyncio.Event()
        making = rest.start(render_prompts(settings, roster, waits=waits), name="lines")
        limited = rest.start(waits.wait(), name="limit of the lines")
        await asyncio.wait({making, limited}, timeout=_LINES_LIMIT_S, return_when=asyncio.FIRST_COMPLETED)
        limited.cancel()
        if making.done():
            making.result()
            return
        log.info("lines are still being made; calls are taken meanwhile")
        rest.start(_finish(making, settings, roster), name="rest of the lines")

    await readiness.until_reached(GROQ, prepare)


async def _finish(making: asyncio.Task[None], settings: Settings, roster: Roster) -> None:
    """See the lines through, whatever Groq does meanwhile."""

    async def make() -> None:
        await (making if not making.done() else render_prompts(settings, roster))

    def tell(line: str) -> None:
        log.warning("lines: %s", line)

    await Readiness(tell=tell).until_reached(LINES, make, bears_refusals=True)


async def watch_groq(settings: Settings, roster: Roster, tell: Callable[[str], None]) -> None:
    """Until Groq has answered once, tell why it does not, or what it refuses. Calls are taken meanwhile."""
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
        made_writable(settings.worker.lines_folder, "BATON_LINES_FOLDER", "set it to another folder")
    with mistakes.collecting():
        roster = load_roster(settings.worker.roster_folder, voices=settings.groq.voices.split())
        with mistakes.collecting():
            roster.first_role(settings.call)
        if settings.recovery.fallback_role is not None:
            roster.role(settings.recovery.fallback_role, asked_by="BATON_FALLBACK_ROLE")
    mistakes.tell()
    return roster


def _check_port(worker: WorkerSettings) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", worker.health_port))
        except OSError as error:
            raise BadInput(
                "BATON_HEALTH_PORT", f"port {worker.health_port} is in use", "set it to a free port, or to 0"
            ) from error
