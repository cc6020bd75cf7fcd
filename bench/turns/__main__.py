"""`python -m bench.turns`: how callers take turns with Baton, beside LiveKit's AgentSession in one run.

Six voices call, two of them by telephone and two in noise. Everything is measured at the callers' ears, on a
real livekit-server with the stand-in for Groq, which has delays and breath noise like Groq's.

- nods, interruptions: said while the agent reads something long, in two calls at the same time.
- sentences, pauses: complete sentences, and turns with a pause inside, to both sides at the same time.
- handoffs: from the caller's last word to the first word of the desk that they asked for.
- hearing, noise: what is sent to be transcribed, for turns of 5, 20 and 40 s and for a minute of noise.
- slow: whether sentences are heard although each transcription takes 4 s.

LiveKit's AgentSession has every default (its local turn detector, its VAD), and the same models and lines.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from bench.baselines.running import baselines
from bench.support.command import parser_of, parts_given, report_failures, run
from bench.support.environment import LATENCIES, environment_of
from bench.support.measuring import Measuring
from bench.support.report import json_line
from bench.turns.cases import cases
from bench.turns.figures import Measured, figures
from bench.turns.parts import PARTS, at_once, calls_of
from bench.turns.report import markdown
from bench.turns.round import Round
from bench.turns.script import write_script
from local.demo.progress import Progress
from local.groq_standin.latencies import PRESETS
from local.native_exit import exit_now
from local.stack import local_stack

FOLDER = Path("out/bench-turns")
NAME = "bench-turns"
_CALL_LIMIT_S = 600.0
_UNSURE_MS = 2_400
"""LiveKit waits 2.5 s when its turn detector is unsure, so no answer comes sooner."""


async def main(console: Console, rounds: int, parts: Sequence[str]) -> list[str]:
    """Start everything, play these parts in all rounds, show the figures. Returns what was not measured.

    Raises: BatonError.
    """
    progress = Progress(console)
    measuring, planned = Measuring(progress), [cases(number) for number in range(rounds)]
    script = FOLDER / "script.json"
    write_script(script, planned)
    measured: list[Measured] = []
    async with (
        local_stack(
            FOLDER, script=script, latencies=LATENCIES, stand_in_always=True, on_step=progress.step
        ) as stack,
        baselines(FOLDER, stack),
        environment_of(stack, script) as env,
    ):
        progress.step("the baselines' worker is registered, and its processes are warm")
        for number, lines in enumerate(planned):
            this = Round(env, stack.groq, lines, FOLDER, number)
            for group in at_once(parts):
                playing = [_play(measuring, this, part) for part in group]
                measured += [each for found in await asyncio.gather(*playing) for each in found]
    found = figures(measured, _UNSURE_MS)
    for line in markdown(found):
        progress.note(line, style="")
    progress.note(
        f"The stand-in for Groq: {PRESETS[LATENCIES]}. Cores: {os.cpu_count()}. Logs, recordings: {FOLDER}.",
        style="",
    )
    progress.note(json_line(NAME, {**found, "rounds": rounds, "parts": list(parts)}), style="")
    return measuring.failures


async def _play(measuring: Measuring, this: Round, part: str) -> list[Measured]:
    return [
        result
        for name, call in calls_of(this, part)
        for result in await measuring.measure_several(name, call, limit_s=_CALL_LIMIT_S)
    ]


def command() -> int:
    """Return the exit code: 0 whatever the figures are, 1 if a call was not measured, 2 on bad input."""
    parser = parser_of("turns", __doc__)
    parser.add_argument(
        "--rounds", type=int, default=1, help="rounds; each gives the lines other voices (default 1)"
    )
    given, parts = parts_given(parser, PARTS)
    if given.rounds < 1:
        parser.error("--rounds: give 1 or more")
    return run(
        NAME,
        main(Console(highlight=False), given.rounds, parts),
        lambda failures: report_failures(NAME, failures),
    )


if __name__ == "__main__":
    exit_now(command())
