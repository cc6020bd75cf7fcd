"""What a call costs beside a plain AgentSession's, and what callers hear when more arrive than fit.

- steady: some calls at once that talk all the time, on each side in turn. `core_ratio` and `memory_ratio` are
  Baton's worker over the plain one, which has LiveKit's defaults and the same models, lines and callers.
- arrivals: callers arrive at twice the pace that the worker carries. Any greeting counts, even one in line.
- noise: all but one of the calls that the worker carries talk; then one more makes noise beside them.
- account: calls that talk and are handed over, beside the requests of others: 20 on a developer account.

The callers run in a process of their own and cost little; the figures include what they use. The stand-in
knows the callers' lines by their sound, in a fifth of the time that recognition takes.
"""

from __future__ import annotations

import argparse
import os
import statistics
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from rich.console import Console

from bench.baselines.running import baselines
from bench.load.account import account
from bench.load.arrivals import arrivals
from bench.load.noise import noise
from bench.load.steady import Steady, steady
from bench.support.command import parser_of, parts_given, run
from bench.support.environment import LATENCIES, Environment, environment_of
from bench.support.report import json_line
from bench.support.statistics import ratio
from local.demo.progress import Progress
from local.native_exit import exit_now
from local.scripted import SCRIPTS
from local.stack import Stack, local_stack
from settings import WorkerSettings

FOLDER = Path("out/bench-load")
NAME = "bench-load"
_PARTS = ("steady", "arrivals", "noise", "account")
_CALLS_A_CORE = 2
_PROCESSOR_LIMIT = WorkerSettings.model_fields["processor_limit"].default


async def main(console: Console, given: argparse.Namespace, parts: Sequence[str]) -> None:
    """Raises: BatonError."""
    progress = Progress(console)
    found: dict[str, object] = {}
    if {*parts} - {"arrivals"}:
        idle = {"BATON_IDLE_PROCESSES": str(max(2, given.calls))} if "steady" in parts else {}
        async with _running(progress, given, idle) as (stack, env):
            if "steady" in parts:
                found |= await _steady(progress, given, stack, env)
            if "noise" in parts:
                found |= await noise(env, stack.groq, carries=given.carries, seconds=given.noise)
            if "account" in parts:
                found |= await account(env, stack.groq, carries=given.carries, seconds=given.account)
    if "arrivals" in parts:
        # As in production, the processor limit decides who waits in line. Local stacks otherwise admit
        # everybody.
        async with _running(progress, given, {"BATON_PROCESSOR_LIMIT": str(_PROCESSOR_LIMIT)}) as (_, env):
            measured = await arrivals(
                env,
                carries=given.carries,
                minutes=given.minutes,
                talk_s=given.talk,
                patience_s=given.patience,
            )
            found |= measured.figures()
    found |= {"cores": os.cpu_count(), "calls": given.calls, "carries": given.carries}
    progress.note(json_line(NAME, found), style="")


@asynccontextmanager
async def _running(
    progress: Progress, given: argparse.Namespace, settings: Mapping[str, str]
) -> AsyncIterator[tuple[Stack, Environment]]:
    script = SCRIPTS / "load.yaml"
    async with (
        local_stack(
            FOLDER,
            script=script,
            latencies=LATENCIES,
            settings={"BATON_CALLS_AT_ONCE": str(given.carries), **settings},
            stand_in_always=True,
            on_step=progress.step,
        ) as stack,
        environment_of(stack, script) as env,
    ):
        yield stack, env


async def _steady(
    progress: Progress, given: argparse.Namespace, stack: Stack, env: Environment
) -> dict[str, object]:
    others = {"livekit-server": stack.programs[0].pid, "stand-in": stack.programs[1].pid}
    async with baselines(FOLDER, stack) as plain:
        workers = {"baton": stack.worker.pid, "plain": plain.pid}
        stretches: list[Steady] = []
        for side in ("baton", "plain", "plain", "baton") * given.rounds:
            stretches.append(
                await steady(env, side, workers[side], others, calls=given.calls, seconds=given.seconds)
            )
            progress.step(str(stretches[-1]))
    return steady_figures(stretches)


def steady_figures(stretches: Sequence[Steady]) -> dict[str, object]:
    """Return the means of all stretches. The cores of callers and stand-in are for all calls together."""
    found: dict[str, float] = {}
    for side in ("baton", "plain"):
        ours = [each for each in stretches if each.side == side]
        found[f"{side}_core_a_call"] = round(statistics.mean(each.core_a_call for each in ours), 4)
        found[f"{side}_memory_mib_a_call"] = round(
            statistics.mean(each.memory_mib_a_call for each in ours), 1
        )
        found[f"{side}_own_memory_mib_a_call"] = round(
            statistics.mean(each.own_memory_mib_a_call for each in ours), 1
        )
        found[f"{side}_worker_memory_mib"] = round(statistics.mean(each.worker_memory_mib for each in ours))
    for name in stretches[0].others:
        cores = statistics.mean(each.others[name] for each in stretches)
        found[f"{name.replace('-', '_')}_cores"] = round(cores, 3)
    return {
        "core_ratio": ratio(found["baton_core_a_call"], found["plain_core_a_call"]),
        "memory_ratio": ratio(found["baton_memory_mib_a_call"], found["plain_memory_mib_a_call"]),
        **found,
    }


def command() -> int:
    """Return the exit code: 0 whatever the figures are, 1 if something was not measured, 2 on bad input."""
    parser = parser_of("load", __doc__)
    carries = _CALLS_A_CORE * (os.cpu_count() or 1)
    for flag, kind, usual, what in (
        ("--calls", int, 4, "calls at once in steady talk"),
        ("--seconds", float, 30.0, "length of a stretch of steady talk"),
        ("--rounds", int, 1, "rounds; each measures either side twice"),
        ("--carries", int, carries, "calls that the worker takes at once when more arrive"),
        ("--minutes", float, 3.0, "how long callers arrive"),
        ("--talk", float, 30.0, "seconds that a caller talks"),
        ("--noise", float, 60.0, "seconds of talk beside the noise, and without it"),
        ("--account", float, 300.0, "seconds of talk beside the requests of further calls"),
        ("--patience", float, 40.0, "seconds that a caller waits in line"),
    ):
        parser.add_argument(flag, type=kind, default=usual, help=f"{what} (default {usual:g})")
    given, parts = parts_given(parser, _PARTS)
    numbers = ("calls", "seconds", "rounds", "carries", "minutes", "talk", "patience", "noise", "account")
    if wrong := [f"--{name}" for name in numbers if getattr(given, name) <= 0]:
        parser.error(f"{', '.join(wrong)}: give more than 0")
    return run(NAME, main(Console(highlight=False), given, parts), lambda _: 0)


if __name__ == "__main__":
    exit_now(command())
