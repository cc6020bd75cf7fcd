"""livekit-server and Groq at the service's start: it runs without them, and says what is missing."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

from groq import AsyncGroq

from agents.groq.models import check_models
from agents.roster.roster import Roster
from agents.worker.livekit_access import check_livekit
from errors import OutOfReach
from readiness import GROQ, LIVEKIT, Readiness
from settings import LiveKitSettings, Settings
from tasks import together

_LIMIT_S = 3.0


async def refuse_wrong_key(access: LiveKitSettings) -> None:
    """Check our key, if livekit-server answers. Raises: BadInput, if it refuses the key."""
    with suppress(OutOfReach):
        await check_livekit(access, limit_s=_LIMIT_S)


async def watch_servers(settings: Settings, groq: AsyncGroq, roster: Roster, readiness: Readiness) -> None:
    """Report through `readiness` why a server does not answer, or what it refuses, until both have answered.

    Groq's refusals do not end the service: it needs Groq only to report how Groq is.
    """
    livekit = partial(check_livekit, settings.livekit, limit_s=_LIMIT_S)
    models = partial(check_models, groq, settings.groq, role_models=roster.role_models)
    async with together() as group:
        group.create_task(readiness.until_reached(LIVEKIT, livekit, bears_refusals=True))
        group.create_task(readiness.until_reached(GROQ, models, bears_refusals=True))
