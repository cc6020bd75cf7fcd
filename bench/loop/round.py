"""One round of one service: a fresh database, the service in a process of its own, and the load."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from groq import AsyncGroq
from livekit import api

from bench.loop.database import Ids
from bench.loop.figures import Measured, Side
from bench.loop.heartbeat import BEAT, WRITE, lags_ms, longest_without_beat_s, read_records
from bench.loop.service import FIRST, READY
from bench.loop.traffic import START, Load, Traffic
from local.groq_standin.latencies import Latencies
from local.groq_standin.server import KEY
from local.livekit.server import free_ports, livekit_server
from local.processes import running
from persistence.engines import open_store
from settings import ENV_FILE

_START_LIMIT_S = 60.0
_GRACE_S = 1.0  # a service whose event loop is blocked would not end for long
_ROOM_KEPT_S = 24 * 3600

_NO_LIMITS = {
    "BATON_ACCESS_REQUESTS_PER_MINUTE": "1000000",
    "BATON_ACCESS_ACTS_PER_MINUTE": "1000000",
    "BATON_ACCESS_STREAMS_AT_ONCE": "10000",
}
"""One operator causes all of the load, and the baselines have no limits either."""


@dataclass(frozen=True, slots=True)
class Bench:
    """`env` holds the addresses of LiveKit and the stand-in for Groq."""

    folder: Path
    ids: Ids
    token: str
    env: Mapping[str, str]


@asynccontextmanager
async def servers(
    folder: Path, ids: Ids, latencies: Latencies, on_step: Callable[[str], None]
) -> AsyncIterator[Mapping[str, str]]:
    """Run livekit-server with the calls' rooms, and a slow stand-in for Groq. Raises: BadInput, SetupFailed.

    The rooms exist because LiveKit takes far longer to report a missing room than to send to an existing one.
    """
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in latencies.model_dump().items()]
    async with (
        livekit_server(folder, on_step=on_step) as livekit,
        running(
            "the stand-in for Groq",
            [sys.executable, "-m", "local.groq_standin", *flags],
            env={},
            log=folder / "stand-in.log",
            ready=lambda line: line.startswith('{"url"'),
            limit_s=_START_LIMIT_S,
        ) as standin,
        api.LiveKitAPI(livekit.url, livekit.api_key, livekit.api_secret) as server,
    ):
        for call in ids.calls:
            await server.room.create_room(
                api.CreateRoomRequest(name=f"room-of-{call}", empty_timeout=_ROOM_KEPT_S)
            )
        on_step(f"livekit-server has {len(ids.calls)} rooms")
        url = json.loads(standin.lines[-1])["url"]
        yield {**livekit.env, "GROQ_BASE_URL": url, "GROQ_API_KEY": KEY, ENV_FILE: ""}


async def play(bench: Bench, side: Side, number: int, load: Load) -> Measured:
    """Play one round and measure it. Raises: SetupFailed, if the service did not start."""
    folder = bench.folder / f"{number}-{side}"
    folder.mkdir()
    database, records, port = folder / "baton.db", folder / "records", free_ports().http
    await asyncio.to_thread(shutil.copyfile, bench.folder / "template.db", database)
    url = f"sqlite:///{database}"
    load = replace(load, seed=load.seed + number)
    async with AsyncExitStack() as stack:
        groq = AsyncGroq(base_url=bench.env["GROQ_BASE_URL"], api_key=KEY, max_retries=0)
        traffic = Traffic(
            await stack.enter_async_context(open_store(url)),
            bench.ids,
            await stack.enter_async_context(groq) if side is Side.BATON else None,
        )
        service = await stack.enter_async_context(
            running(
                f"the service ({side})",
                [sys.executable, "-m", "bench.loop.service", side, str(records)],
                env={**bench.env, **_NO_LIMITS, "BATON_STORE": url, "BATON_CONSOLE_PORT": str(port)},
                log=folder / "service.log",
                ready=lambda line: READY in line,
                limit_s=_START_LIMIT_S,
                grace_s=_GRACE_S,
            )
        )
        start, end = await traffic.play(f"http://127.0.0.1:{port}", bench.token, load)
        went_first = FIRST in service.lines[-1]
    text = records.read_text()
    beats = read_records(text, BEAT)
    counted = [answer for answer in traffic.answers if start <= answer[2] <= end]
    return Measured(
        seconds=end - start,
        lags_ms=lags_ms(beats, start, end),
        longest_without_beat_s=longest_without_beat_s(beats, start, end),
        answered=len(counted),
        writes_ms=[seconds * 1000 for seconds, at in read_records(text, WRITE) if start <= at <= end],
        starts_ms=[(at - asked_at) * 1000 for kind, asked_at, at in counted if kind == START],
        errors=traffic.errors,
        went_first=went_first,
    )
