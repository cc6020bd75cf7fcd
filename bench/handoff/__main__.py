"""`python -m bench.handoff`: Baton beside three baselines (bare, swap, plain), round by round, in one run.

Everything is measured at the ear of a scripted WebRTC caller. The stand-in for Groq has delays like Groq's.

- bare: an agent that only connects, publishes a track and plays a sound; from the request to the first sound.
- swap: LiveKit's own `session.update_agent` in one process, with the lines and voices of Baton's handoff.
- plain: LiveKit's AgentSession with every default and the same adapters. Speech to text goes request by
  request through LiveKit's StreamAdapter, as LiveKit does it for every model that cannot stream.
- Baton: a whole call with a handoff.
"""

from __future__ import annotations

import os
from pathlib import Path

from rich.console import Console

from bench.baselines.running import baselines
from bench.handoff.figures import Measured, gather
from bench.handoff.report import last_line, show
from bench.handoff.sides import SIDES
from bench.support.command import numbers_given, parser_of, report_failures, run
from bench.support.dialogue import Pauses
from bench.support.environment import LATENCIES, SCRIPT, Environment, environment_of
from bench.support.measuring import Measuring, rotated
from local.demo.progress import Progress
from local.groq_standin.latencies import PRESETS
from local.native_exit import exit_now
from local.stack import local_stack

FOLDER = Path("out/bench")
NAME = "bench-handoff"
_CALL_LIMIT_S = 180.0

BySide = dict[str, list[Measured]]


async def main(console: Console, rounds: int) -> list[str]:
    """Start everything, play all rounds and show the figures. Returns what was not measured.

    Raises: BatonError.
    """
    progress, latencies = Progress(console), PRESETS[LATENCIES]
    measuring = Measuring(progress)
    with progress.waiting("measuring"):
        async with (
            local_stack(
                FOLDER, script=SCRIPT, latencies=LATENCIES, stand_in_always=True, on_step=progress.step
            ) as stack,
            baselines(FOLDER, stack),
            environment_of(stack) as env,
        ):
            progress.step("the baselines' worker is registered, and its processes are warm")
            measured = await _play(env, measuring, rounds)
    figures = gather(each for side in measured.values() for each in side)
    pauses = {side: sum((each.pauses for each in measured[side]), Pauses()) for side in ("plain", "Baton")}
    show(console, figures, pauses)
    progress.note(f"The stand-in for Groq: {latencies}. Cores: {os.cpu_count()}. Logs: {FOLDER}.", style="")
    progress.note(last_line(figures, pauses, rounds=rounds, latencies=latencies), style="")
    return measuring.failures


async def _play(env: Environment, measuring: Measuring, rounds: int) -> BySide:
    """Measure every side once a round."""
    found: BySide = {side: [] for side in SIDES}
    for number in range(rounds):
        for side in rotated(list(SIDES), number):
            found[side] += await measuring.measure(
                f"round {number + 1} of {rounds}, {side}",
                lambda side=side: SIDES[side](env),  # type: ignore[misc]
                _in_short,
                limit_s=_CALL_LIMIT_S,
            )
    return found


def _in_short(measured: Measured) -> str:
    found = [f"{figure.split(': ')[-1]} {values} ms" for figure, values in measured.figures.items()]
    if measured.pauses.said:
        found.append(f"pauses {measured.pauses.said}, cut {measured.pauses.cut}")
    return " · ".join(found)


def command() -> int:
    """Return the exit code: 0 whatever the ratios are, 1 if a call was not measured, 2 on bad input."""
    given = numbers_given(parser_of("handoff", __doc__), rounds=(20, "calls of each side"))
    return run(
        NAME,
        main(Console(highlight=False), given["rounds"]),
        lambda failures: report_failures(NAME, failures),
    )


if __name__ == "__main__":
    exit_now(command())
