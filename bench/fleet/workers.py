"""How many calls a worker limited to half a core carries well, and how many two such workers carry."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from bench.fleet.held import held_to
from bench.load.calling import baton_call, calling
from bench.load.plan import Heard
from bench.support.environment import LATENCIES, Environment, NotMeasured, environment_of, rest
from bench.support.statistics import percentile
from local.demo.progress import Progress
from local.fleet.hosts import on_host
from local.postgres import postgres
from local.scripted import SCRIPTS
from local.stack import Servers, Stack, local_servers, running_worker
from persistence.engines import migrate

CORES = 0.5
_SCRIPT = SCRIPTS / "load.yaml"
_APART_S = 2.0
_TALK_S = 45.0
_MOST = 12
_GREETED_S, _SILENCE_S, _TURN_RATIO = 2.0, 2.5, 1.25  # "carried well": issue 23's figures for admitted calls


async def carried_well(folder: Path, progress: Progress) -> tuple[int, int]:
    """Return how many calls one worker carries well at once, and how many two carry. Raises: BatonError."""
    with (
        tempfile.TemporaryDirectory(prefix="baton-fleet-") as database,
        postgres(Path(database), settings={"fsync": "on"}) as url,
    ):
        migrate(url)
        async with local_servers(
            folder, script=_SCRIPT, latencies=LATENCIES, stand_in_always=True, on_step=progress.step
        ) as servers:
            by_one = 1
            async with _workers(servers, folder, url, count=1, ceiling=_MOST) as env:
                alone_s = turn_p95(await _talk(env, 1))
                progress.step(f"a call alone: {alone_s:.2f} s a turn")
                while by_one < _MOST and await _goes_well(env, by_one + 1, alone_s, progress):
                    by_one += 1
            by_two = 2 * by_one
            async with _workers(servers, folder, url, count=2, ceiling=by_one) as env:
                while by_two > 1 and not await _goes_well(env, by_two, alone_s, progress):
                    by_two -= 1
    return by_one, by_two


async def _goes_well(env: Environment, count: int, alone_s: float, progress: Progress) -> bool:
    heard = await _talk(env, count)
    well = carries_well(heard, alone_s)
    longest = max((silence for each in heard for silence in each.silences_s), default=0.0)
    words = "well" if well else "not well"
    progress.step(f"{count} calls: {words}; {turn_p95(heard):.2f} s a turn, silence {longest:.2f} s")
    return well


def carries_well(heard: Sequence[Heard], alone_s: float) -> bool:
    """Whether nobody was lost or left in silence, and turns took little longer than in a call alone."""
    return (
        not any(each.lost or each.unanswered for each in heard)
        and all(each.greeted_s is not None and each.greeted_s <= _GREETED_S for each in heard)
        and all(silence <= _SILENCE_S for each in heard for silence in each.silences_s)
        and turn_p95(heard) <= _TURN_RATIO * alone_s
    )


async def _talk(env: Environment, count: int) -> Sequence[Heard]:
    """Play `count` calls that talk at once. Raises: NotMeasured."""
    await rest()
    planned = [baton_call(env, number * _APART_S, _TALK_S) for number in range(count)]
    async with calling(env, planned, patience_s=_TALK_S) as callers:
        return await callers.until_over()


def turn_p95(heard: Sequence[Heard]) -> float:
    """Return the 95th percentile of the turns. Raises: NotMeasured."""
    turns = [turn for each in heard for turn in each.turns_s]
    if not turns:
        raise NotMeasured("no caller was answered")
    return percentile(turns, 95)


@asynccontextmanager
async def _workers(
    servers: Servers, folder: Path, url: str, *, count: int, ceiling: int
) -> AsyncIterator[Environment]:
    env = {
        **servers.env,
        "BATON_STORE": url,
        "BATON_AGENT_NAME": f"baton-{count}",
        "BATON_HEALTH_PORT": "0",
        "BATON_CALLS_AT_ONCE": str(ceiling),
    }
    async with AsyncExitStack() as exits:
        names = [f"worker-{number + 1}-of-{count}" for number in range(count)]
        workers = []
        for name in names:
            held = exits.enter_context(held_to(CORES, name))
            within = (*held, *on_host(name))
            workers.append(await exits.enter_async_context(running_worker(folder, env, name, within=within)))
        programs = (*servers.programs, *workers)
        yield await exits.enter_async_context(
            environment_of(Stack(servers.livekit, servers.groq, workers[0], env, url, programs), _SCRIPT)
        )
