"""What all rounds share: a livekit-server with the calls' rooms, a slow stand-in for Groq, a database."""

from __future__ import annotations

import asyncio
import json
import secrets
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from livekit import api

from bench.loop.past import Past, make_past, room_of
from local.groq_standin.latencies import Latencies
from local.groq_standin.server import KEY
from local.livekit.server import LiveKitServer, livekit_server
from local.processes import running
from settings import ENV_FILE

_START_LIMIT_S = 60.0
_ROOM_LIMIT_S = 5.0
_KEPT_S = 24 * 3600  # of an empty room


@dataclass(frozen=True, slots=True)
class Scene:
    """`template` is the database as each round begins with it; `env` leads to LiveKit and the stand-in."""

    folder: Path
    template: Path
    past: Past
    token: str
    env: Mapping[str, str]


@asynccontextmanager
async def scene(
    folder: Path, *, open_calls: int, latencies: Latencies, on_step: Callable[[str], None]
) -> AsyncIterator[Scene]:
    """Start all, in `folder`, which is emptied before. Raises: BadInput, SetupFailed."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)  # noqa: ASYNC240 - nothing else runs yet
    template, token = folder / "template.db", secrets.token_urlsafe(24)
    past = await make_past(template, open_calls=open_calls, token=token)
    on_step(f"a database with {len(past.handoffs)} handoffs and {len(past.calls)} open calls is there")
    async with AsyncExitStack() as stack:
        livekit = await stack.enter_async_context(livekit_server(folder, on_step=on_step))
        await _make_rooms(livekit, past.calls)
        on_step(f"livekit-server answers, and has {len(past.calls)} rooms")
        groq = await stack.enter_async_context(_stand_in(folder, latencies))
        on_step("the stand-in for Groq answers")
        env = {**livekit.env, "GROQ_BASE_URL": groq, "GROQ_API_KEY": KEY, ENV_FILE: ""}
        yield Scene(folder, template, past, token, env)


async def _make_rooms(livekit: LiveKitServer, calls: Sequence[str]) -> None:
    """Empty ones: LiveKit takes far longer to say that there is no such room than to send to one."""
    async with api.LiveKitAPI(livekit.url, livekit.api_key, livekit.api_secret) as livekit_api:
        for call in calls:
            async with asyncio.timeout(_ROOM_LIMIT_S):
                request = api.CreateRoomRequest(name=room_of(call), empty_timeout=_KEPT_S)
                await livekit_api.room.create_room(request)


@asynccontextmanager
async def _stand_in(folder: Path, latencies: Latencies) -> AsyncIterator[str]:
    flags = {f"--{name.replace('_', '-')}": value for name, value in latencies.model_dump().items()}
    async with running(
        "the stand-in for Groq",
        [sys.executable, "-m", "local.groq_standin", *(f"{flag}={value}" for flag, value in flags.items())],
        env={},
        log=folder / "stand-in.log",
        ready=lambda line: line.startswith('{"url"'),
        limit_s=_START_LIMIT_S,
    ) as program:
        yield str(json.loads(program.lines[-1])["url"])
