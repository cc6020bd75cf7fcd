"""What recording costs: the recorder's processor time, and the turns of the calls beside it."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from cryptography.fernet import Fernet

from bench.load.calling import baton_call, calling
from bench.load.shares import processor_s, tree
from bench.support.environment import LATENCIES, Environment, NotMeasured, environment_of, rest
from local.scripted import SCRIPTS
from local.stack import Stack, local_stack

_LOAD = SCRIPTS / "load.yaml"


@dataclass(frozen=True, slots=True)
class Cost:
    """`core_share`: cores for one recorded call. The turns: the usual turn, recorded and not."""

    core_share: float
    recorded_turn_s: float
    plain_turn_s: float


async def cost_of(folder: Path, *, calls: int, seconds: float) -> Cost:
    """Measure calls without a recorder before and after the recorded ones: this machine's speed drifts.

    Raises: BatonError.
    """
    async with recording_stack(folder / "before-stack", _LOAD, {}) as (stack, env):
        before, _ = await _paced(env, stack, None, calls, seconds)
    settings = recording_settings(folder / "paced")
    async with recording_stack(folder / "paced-stack", _LOAD, settings) as (stack, env):
        recorded, core_share = await _paced(env, stack, folder / "paced", calls, seconds)
    async with recording_stack(folder / "after-stack", _LOAD, {}) as (stack, env):
        after, _ = await _paced(env, stack, None, calls, seconds)
    if not (turns := min(map(len, (*before, *recorded, *after)))):
        raise NotMeasured("a call had no turn")
    return Cost(core_share, _usual_s(recorded, turns), _usual_s((*before, *after), turns))


def _usual_s(calls: Sequence[Sequence[float]], turns: int) -> float:
    """Return the usual time of the first `turns` turns of each call.

    A call's first turn is slower than its later ones, and a recorded call has fewer turns in the same time,
    as its greeting is longer.
    """
    return statistics.mean(statistics.median(call[number] for call in calls) for number in range(turns))


def recording_settings(folder: Path) -> dict[str, str]:
    """Return settings for a stack that records into this folder, which must not exist yet."""
    folder.mkdir(parents=True)
    key = folder / "keys"
    key.touch(0o600)
    key.write_bytes(Fernet.generate_key())
    return {"BATON_RECORDING_FOLDER": str(folder / "sound"), "BATON_RECORDING_KEY_FILE": str(key)}


@asynccontextmanager
async def recording_stack(
    folder: Path, script: Path, settings: Mapping[str, str]
) -> AsyncIterator[tuple[Stack, Environment]]:
    """Run a stack for eight calls at once, with Groq's latencies."""
    async with (
        local_stack(
            folder,
            script=script,
            latencies=LATENCIES,
            settings={"BATON_IDLE_PROCESSES": "6", "BATON_CALLS_AT_ONCE": "8", **settings},
            stand_in_always=True,
        ) as stack,
        environment_of(stack, script) as env,
    ):
        yield stack, env


async def _paced(
    env: Environment, stack: Stack, folder: Path | None, calls: int, seconds: float
) -> tuple[Sequence[Sequence[float]], float]:
    """Return each call's turns in s, and the recorder's cores for one call. Raises: NotMeasured."""
    await rest()
    planned = [baton_call(env, 0.5 * number, seconds) for number in range(calls)]
    async with calling(env, planned, patience_s=seconds) as callers:
        share = asyncio.create_task(_recorder_share(stack.worker.pid, folder, seconds))
        heard = await callers.until_over()
        cores = await share
    if lost := [each.lost for each in heard if each.lost]:
        raise NotMeasured(f"{len(lost)} of {calls} callers were lost: {lost[0]}")
    return [each.turns_s for each in heard], cores / calls


async def _recorder_share(worker: int, folder: Path | None, seconds: float) -> float:
    """Return the cores that the recorder's process uses in the middle half of a stretch."""
    await asyncio.sleep(seconds / 4)
    if folder is None:
        return 0.0
    writing = [pid for pid in tree(worker) if _writes_in(pid, folder)]
    if len(writing) != 1:
        raise NotMeasured(f"{len(writing)} processes write recordings")
    loop = asyncio.get_running_loop()
    before, began = processor_s(writing), loop.time()
    await asyncio.sleep(seconds / 2)
    after = processor_s(writing)
    return sum(after[pid] - before[pid] for pid in writing) / (loop.time() - began)


def _writes_in(pid: int, folder: Path) -> bool:
    try:
        return any(Path(file.path).is_relative_to(folder) for file in psutil.Process(pid).open_files())
    except psutil.Error:
        return False
