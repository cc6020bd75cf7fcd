"""Calls beside viewers who ask far too much of the operators' service, and the same calls without them."""

from __future__ import annotations

import asyncio
import math
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.load.calling import baton_call, calling
from bench.support.environment import LATENCIES, Environment, NotMeasured, environment_of, rest
from bench.support.statistics import percentile, ratio
from bench.trust.flooder import Flood, Flooded
from clock import SystemClock
from local.demo.progress import Progress
from local.scripted import SCRIPTS
from local.stack import local_stack
from operators.auth.access import add_operator
from persistence.access import WATCHES
from persistence.engines import open_store
from settings import AccessSettings, read

_SCRIPT = SCRIPTS / "load.yaml"
_APART_S = 1.0
_OPEN_LIMIT_S = 120.0


@dataclass(frozen=True, slots=True)
class Beside:
    """`turns_s`: 95th percentiles of the calls' turns."""

    quiet_s: float
    flooded_s: float
    flooded: Flooded

    def figures(self) -> Mapping[str, object]:
        return {
            "flood_turn_ratio": ratio(self.flooded_s, self.quiet_s),
            "flood_turn_p95_s": round(self.flooded_s, 3),
            "quiet_turn_p95_s": round(self.quiet_s, 3),
            "flood_streams": self.flooded.streams,
            "flood_answers": self.flooded.answers,
            "flood_heads_ended": self.flooded.heads_ended,
        }


async def beside_a_flood(
    folder: Path, *, calls: int, seconds: float, streams: int, heads: int, progress: Progress
) -> Beside:
    """Let `calls` calls talk for `seconds`, alone and then beside the flood. Raises: BatonError."""
    async with (
        local_stack(
            folder,
            script=_SCRIPT,
            latencies=LATENCIES,
            settings={"BATON_IDLE_PROCESSES": str(calls)},
            stand_in_always=True,
            service=True,
            on_step=progress.step,
        ) as stack,
        environment_of(stack, _SCRIPT) as env,
    ):
        address, _, _ = stack.console.partition("#")
        quiet_s = await _turn_p95(env, calls, seconds)
        progress.step(f"{calls} calls alone: {quiet_s:.2f} s a turn (p95)")
        flood = await _planned(stack.store, address, streams, heads)
        async with _flooding(flood) as end:
            progress.step(f"the flood has begun: {streams} streams, {heads} slow heads")
            flooded_s = await _turn_p95(env, calls, seconds)
            flooded = await end()
        progress.step(f"{calls} calls beside it: {flooded_s:.2f} s a turn (p95)")
    return Beside(quiet_s, flooded_s, flooded)


async def _planned(store: str, address: str, streams: int, heads: int) -> Flood:
    most = read(AccessSettings).streams_at_once
    watchers = math.ceil(streams / most)
    async with open_store(store) as opened:
        tokens = [
            await add_operator(opened, f"viewer-{number}", WATCHES, SystemClock())
            for number in range(watchers + 1)
        ]
    return Flood(address=address, watchers=tuple(tokens[1:]), streams=most, flooder=tokens[0], heads=heads)


@asynccontextmanager
async def _flooding(flood: Flood) -> AsyncIterator[Callable[[], Awaitable[Flooded]]]:
    """Flood until the block is left. Calling what is yielded ends the flood and returns its result."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bench.trust.flooder",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,  # so that it has a priority of its own
    )
    assert process.stdin is not None
    assert process.stdout is not None
    stdin, stdout = process.stdin, process.stdout

    async def end() -> Flooded:
        stdin.close()
        line = await stdout.readline()
        if not line:
            raise NotMeasured("the flood's process ended early")
        return Flooded.model_validate_json(line)

    try:
        stdin.write(flood.model_dump_json().encode() + b"\n")
        async with asyncio.timeout(_OPEN_LIMIT_S):
            if await stdout.readline() != b"begun\n":
                raise NotMeasured("the flood's process ended early")
        yield end
    except TimeoutError:
        raise NotMeasured(f"the streams were not open after {_OPEN_LIMIT_S:.0f} s") from None
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _turn_p95(env: Environment, calls: int, seconds: float) -> float:
    """Play the calls and return the 95th percentile of their turns. Raises: NotMeasured."""
    await rest()
    length_s = seconds + _APART_S * calls
    planned = [baton_call(env, _APART_S * number, length_s - _APART_S * number) for number in range(calls)]
    async with calling(env, planned, patience_s=length_s) as callers:
        heard = await callers.until_over()
    if lost := [each.lost for each in heard if each.lost]:
        raise NotMeasured(f"{len(lost)} of {calls} callers were lost: {lost[0]}")
    return percentile([turn for each in heard for turn in each.turns_s], 95)
