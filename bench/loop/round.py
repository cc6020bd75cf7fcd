"""One round of one way: a fresh database, and service, agents and clients, each a process of its own."""

from __future__ import annotations

import asyncio
import shutil
import sys
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace

from bench.loop import agents, clients, service
from bench.loop.clients import Outcome
from bench.loop.figures import Measured
from bench.loop.plan import Plan
from bench.loop.reading import measured
from bench.loop.scene import Scene
from bench.loop.tape import BEHIND_S, read_tape
from bench.loop.ways import Way
from errors import SetupFailed
from local.livekit.server import free_ports
from local.processes import Program, running

_START_LIMIT_S = 30.0
_END_LIMIT_S = 30.0
_GRACE_S = 1.0  # a service whose loop stands still would be asked in vain for long


@dataclass(frozen=True, slots=True)
class Load:
    """How much is asked of a service, of all three alike."""

    clients: int
    pause_ms: float
    warm_up_s: float
    seconds: float
    writes_per_s: float  # by the agents
    seed: int


async def play(scene: Scene, way: Way, number: int, load: Load) -> Measured:
    """Raises: SetupFailed, where a process did not start or not come to its end."""
    folder = scene.folder / f"{number}-{way}"
    folder.mkdir()
    store, port = folder / "baton.db", free_ports().http
    await asyncio.to_thread(shutil.copyfile, scene.template, store)
    plan, outcome = folder / "plan.json", folder / "outcome.json"
    plan.write_text(_plan(scene, load, number, port).model_dump_json())
    env = {**scene.env, "BATON_STORE": f"sqlite:///{store}", "BATON_CONSOLE_PORT": str(port)}

    def start(name: str, *arguments: str, ready: str) -> AbstractAsyncContextManager[Program]:
        return running(
            f"{name} ({way})",
            [sys.executable, "-m", f"bench.loop.{name}", *arguments],
            env=env,
            log=folder / f"{name}.log",
            ready=lambda line: ready in line,
            limit_s=_START_LIMIT_S,
            grace_s=_GRACE_S,
        )

    asks = ["--ask-groq"] if way is Way.BATON else []
    pace = ["--writes-per-s", str(load.writes_per_s), "--calls", str(load.clients)]
    tapes = {name: folder / f"{name}.tape" for name in ("service", "agents")}
    async with (
        start("service", way, str(tapes["service"]), ready=service.READY) as serving,
        start("agents", f"sqlite:///{store}", str(tapes["agents"]), *pace, *asks, ready=agents.READY),
        start("clients", str(plan), str(outcome), ready=clients.READY) as asking,
    ):
        await _until_ended(asking, load)
        await asyncio.sleep(2 * BEHIND_S)
    marks = {name: read_tape(path.read_text()) for name, path in tapes.items()}
    found = measured(Outcome.model_validate_json(outcome.read_text()), marks["service"], marks["agents"])
    return replace(found, went_first=service.FIRST in serving.lines[-1])


def _plan(scene: Scene, load: Load, number: int, port: int) -> Plan:
    return Plan(
        url=f"http://127.0.0.1:{port}",
        token=scene.token,
        seed=load.seed + number,
        clients=load.clients,
        pause_ms=load.pause_ms,
        warm_up_s=load.warm_up_s,
        seconds=load.seconds,
        calls=tuple(scene.past.calls),
        handoffs=tuple(scene.past.handoffs),
    )


async def _until_ended(asking: Program, load: Load) -> None:
    limit_s = load.warm_up_s + load.seconds + _END_LIMIT_S
    try:
        async with asyncio.timeout(limit_s):
            code = await asking.wait()
    except TimeoutError:
        raise SetupFailed(f"{asking.name} did not end within {limit_s:g} s") from None
    if code:
        raise SetupFailed(f"{asking.name} ended with {code}; its log is {asking.log}")
