"""The checks. Each returns one line if all is well; otherwise it raises BadInput, which says what to do.

The caller sets the time limit. `OutOfReach` means that a setting is right, but what it names does not answer.
"""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp

from agents.groq.client import make_client, open_connection
from agents.groq.models import check_models
from agents.groq.prices import load_prices
from agents.roster.roster import Roster, load_roster
from agents.worker.livekit_access import check_livekit
from errors import BadInput, OutOfReach
from persistence.engines import inspect
from settings import Settings, WorkerSettings, unknown_names

LIVEKIT_LIMIT_S = 3.0
START_WORKER = "start it: make dev, or python -m livekit.agents start worker.py"


def settings_detail() -> str:
    """Return the line for the case that every group of settings could be read."""
    unknown = unknown_names()
    return f"read, but these names are misspelt or not Baton's: {', '.join(unknown)}" if unknown else "read"


def _roster(settings: Settings) -> Roster:
    return load_roster(settings.worker.roster_folder, voices=settings.groq.voices.split())


async def check_roster(settings: Settings) -> str:
    roster = _roster(settings)
    try:
        fallback = settings.recovery.fallback_role
    except BadInput:  # reported with the settings
        fallback = None
    if fallback is not None:
        roster.models_role(fallback, asked_by="BATON_FALLBACK_ROLE")
    return f"{', '.join(roster.names)}; {roster.first_role(settings.call).id} answers calls"


async def check_prices(settings: Settings) -> str:
    prices = load_prices(settings.worker)
    return f"{len(prices.models)} models have a price, as of {prices.as_of}"


async def check_store(settings: Settings) -> str:
    return await asyncio.to_thread(inspect, settings.worker.store)


async def check_livekit_answers(settings: Settings) -> str:
    await check_livekit(settings.livekit, limit_s=LIVEKIT_LIMIT_S)
    return f"{settings.livekit.url} answers, and accepts the key"


async def check_groq_answers(settings: Settings) -> str:
    async with make_client(settings.groq, settings.groq_access) as client:
        await open_connection(client, settings.groq)
    return f"{settings.groq_access.base_url} answers, and accepts the key"


async def check_models_offered(settings: Settings) -> str:
    try:
        role_models = _roster(settings).role_models
    except BadInput:  # reported by its own check
        role_models = {}
    async with make_client(settings.groq, settings.groq_access) as client:
        await check_models(client, settings.groq, role_models=role_models)
    return "all are available"


async def check_worker(settings: Settings) -> str:
    """Query the worker's health page. Raises: OutOfReach (no answer), BadInput (not the worker)."""
    worker = settings.worker
    if worker.health_port == 0:
        right = "set it to a port, so that the worker can be checked"
        raise OutOfReach(
            "BATON_HEALTH_PORT", "is 0, so the port of the worker's health page is unknown", right
        )
    health, told = await _ask(worker)
    if "sdk_version" not in told:
        right = "set it to a free port, and restart the worker"
        raise BadInput("BATON_HEALTH_PORT", f"something else answers on port {worker.health_port}", right)
    if told.get("agent_name") != worker.agent_name:
        right = "set it to the name of the running worker, or restart the worker"
        raise BadInput("BATON_AGENT_NAME", f"the running worker is called {told.get('agent_name')!r}", right)
    if health != "OK":
        right = "see the checks above; it takes calls as soon as it has what it waits for"
        reason = (health.splitlines() or ["its health page does not say why"])[0]
        raise OutOfReach("BATON_HEALTH_PORT", f"the worker takes no calls yet; {reason}", right)
    return f"{worker.agent_name} runs, with {told.get('active_jobs', 0)} calls"


async def _ask(worker: WorkerSettings) -> tuple[str, dict[str, Any]]:
    """Return the worker's health ("OK" or why not) and its description of itself."""
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{worker.health_port}") as session:
            async with session.get("/") as health:
                said = await health.text() if health.status != 200 else "OK"
            async with session.get("/worker") as page:
                told = await page.json() if page.status == 200 else {}
    except (aiohttp.ContentTypeError, ValueError):
        return "", {}
    except (aiohttp.ClientError, OSError) as error:
        wrong = f"no worker answers on port {worker.health_port}"
        raise OutOfReach("BATON_HEALTH_PORT", wrong, START_WORKER) from error
    return said, told if isinstance(told, dict) else {}
