"""What a worker checks before it takes calls. If something is wrong, it says so in one line and exits."""

from __future__ import annotations

import asyncio
import logging
import socket

from groq import AsyncGroq

from agents.groq.client import make_client
from agents.groq.models import check_models
from agents.process.spoken_prompts import render_prompts
from agents.roster.roster import Roster, load_roster
from agents.worker.livekit_access import check_livekit
from agents.worker.writable_folder import made_writable
from errors import BadInput, Mistakes, OutOfReach
from persistence.engines import migrate
from settings import WORKER_GROUPS, Settings, WorkerSettings, check_groups

log = logging.getLogger(__name__)

_LIVEKIT_LIMIT_S = 10.0


async def check_before_calls(settings: Settings) -> None:
    """Check settings, roster, store, LiveKit and Groq's models, then prepare spoken lines.

    Raises: BadInput, with every mistake in the settings and the roster; or with the first one elsewhere.
    """
    roster = check_written(settings)
    await asyncio.to_thread(migrate, settings.worker.store)
    await check_livekit(settings.livekit, limit_s=_LIVEKIT_LIMIT_S)
    client = make_client(settings.groq, settings.groq_access)
    try:
        await _check_groq(client, settings, roster)
        missing = await render_prompts(client, settings, roster)
        log.info("lines prepared", extra={"missing": missing})
    finally:
        await client.close()


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


async def _check_groq(client: AsyncGroq, settings: Settings, roster: Roster) -> None:
    try:
        await check_models(client, settings.groq, role_models=roster.role_models)
    except OutOfReach as error:
        # Not a configuration mistake, and Groq may be back by the next call: prepared lines bridge the gap.
        log.warning("Groq out of reach, taking calls all the same", extra={"error": str(error)})


def _check_port(worker: WorkerSettings) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", worker.health_port))
        except OSError as error:
            raise BadInput(
                "BATON_HEALTH_PORT", f"port {worker.health_port} is in use", "set it to a free port, or to 0"
            ) from error
