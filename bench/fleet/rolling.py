"""Replaces workers during calls with handoffs: a new one starts beside the old one, which then drains."""

from __future__ import annotations

import asyncio
import itertools
import signal
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from livekit import api

from bench.soak.call import Lines, Outcome, play_call
from bench.soak.environment import Environment
from bench.support.environment import LATENCIES, NotMeasured
from local.demo.progress import Progress
from local.fleet.hosts import on_host
from local.fleet.part import Part
from local.postgres import postgres
from local.scripted import SCRIPTS
from local.shorter_roster import make_roster
from local.stack import Servers, Stack, local_servers, running_worker
from persistence.engines import migrate, open_store

_APART_S = 4.0
_DRAIN_LIMIT_S = 90.0


@dataclass(frozen=True, slots=True)
class Rolled:
    """What callers heard in calls during which workers were replaced `changes` times, there and back."""

    changes: int
    outcomes: Sequence[Outcome]

    def figures(self) -> Mapping[str, object]:
        return {
            "changes": self.changes,
            "changes_calls": len(self.outcomes),
            "changes_lost": sum(bool(each.lost) for each in self.outcomes),
            "changes_silence_ms": max((each.silence_ms for each in self.outcomes), default=None),
            "changes_two_at_once": sum(bool(each.duplicates) for each in self.outcomes),
        }


async def rolled(folder: Path, changes: int, at_once: int, progress: Progress) -> Rolled:
    """Let `at_once` callers talk, call after call, until the last worker has ended. Raises: BatonError."""
    lines = Lines.spoken()
    with (
        tempfile.TemporaryDirectory(prefix="baton-fleet-") as database,
        postgres(Path(database), settings={"fsync": "on"}) as url,
    ):
        migrate(url)
        settings = {
            "BATON_ROSTER_FOLDER": str(make_roster(Path(database) / "roster")),
            "BATON_IDLE_PROCESSES": str(max(2, at_once)),
            "BATON_DRAIN_LIMIT_S": str(_DRAIN_LIMIT_S),
            "BATON_HAND_OVER_AFTER_S": "1",
            "BATON_HEALTH_PORT": "0",
            "BATON_STORE": url,
        }
        async with local_servers(
            folder,
            script=SCRIPTS / "soak.yaml",
            latencies=LATENCIES,
            settings=settings,
            stand_in_always=True,
            on_step=progress.step,
        ) as servers:
            workers = [_worker(servers, folder, name) for name in ("there", "back")]
            try:
                outcomes = await _calls_meanwhile(servers, workers, changes, at_once, lines, progress)
            finally:
                for worker in workers:
                    await worker.end()
    return Rolled(changes, outcomes)


def _worker(servers: Servers, folder: Path, name: str) -> Part:
    return Part(name, lambda: running_worker(folder, servers.env, name, within=on_host(name)))


async def _calls_meanwhile(
    servers: Servers, workers: Sequence[Part], changes: int, at_once: int, lines: Lines, progress: Progress
) -> Sequence[Outcome]:
    await workers[0].start()
    livekit, url = servers.livekit, servers.env["BATON_STORE"]
    stack = Stack(livekit, servers.groq, workers[0].program, servers.env, url, servers.programs)
    outcomes: list[Outcome] = []
    over = asyncio.Event()
    async with (
        api.LiveKitAPI(livekit.url, livekit.api_key, livekit.api_secret) as livekit_api,
        open_store(url, read_only=True) as store,
        asyncio.TaskGroup() as group,
    ):
        env, numbers = Environment(stack, livekit_api, store), itertools.count()
        for place in range(at_once):
            group.create_task(_callers(env, numbers, lines, outcomes, over, after_s=place * _APART_S))
        try:
            await asyncio.sleep(at_once * _APART_S)  # all of them talk
            for change in range(changes):
                await _replace(workers[change % 2], workers[(change + 1) % 2])
                worst = max((each.silence_ms for each in outcomes), default=0)
                progress.step(f"change {change + 1} of {changes} · {len(outcomes)} calls · {worst} ms")
        finally:
            over.set()
    return outcomes


async def _callers(
    env: Environment,
    numbers: Iterator[int],
    lines: Lines,
    outcomes: list[Outcome],
    over: asyncio.Event,
    *,
    after_s: float,
) -> None:
    await asyncio.sleep(after_s)
    while not over.is_set():
        outcomes.append(await play_call(env, next(numbers), lines, None))


async def _replace(old: Part, new: Part) -> None:
    """Start `new`, then drain `old`. Raises: NotMeasured, if `old` does not end by itself."""
    await new.start()
    old.program.send(signal.SIGTERM)
    try:
        async with asyncio.timeout(_DRAIN_LIMIT_S):
            code = await old.program.wait()
    except TimeoutError:
        raise NotMeasured(f"the worker {old.name} still ran {_DRAIN_LIMIT_S:.0f} s after SIGTERM") from None
    if code:
        raise NotMeasured(f"the worker {old.name} ended with exit code {code}")
