"""`python -m bench.people`: what people who take calls experience, and what their callers hear.

- accept: from "put them through" to the person's voice at the caller's ear; its seam beside a model's.
- bridge: voices through the bridge beside a direct track, both ways, and how the delay drifts.
- whisper: a tone under the brief, and a supervisor's, searched for in what the caller heard.
- barge: how fast a model falls silent, whom it answers meanwhile, and what a viewer may not do.
- queue: its state machine, accepts at the same moment, killed processes, and what callers were told.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from bench.people.office import open_office
from bench.people.parts import PARTS, Figures, Run
from bench.support.command import parser_of, parts_given, report_failures, run
from bench.support.measuring import Measuring
from bench.support.report import json_line
from local.demo.progress import Progress
from local.native_exit import exit_now

NAME = "bench-people"
KEYS = (
    "accept_p95_ms",
    "seam_ratio",
    "bridge_ms",
    "whisper_leaks",
    "two_winners",
    "overtaken",
    "forgotten",
    "wait_error",
    "barge_p95_ms",
)
FOLDER = Path("out/bench-people")


async def main(console: Console, given: argparse.Namespace, parts: Sequence[str]) -> Sequence[str]:
    """Run these parts and show the figures. Returns what was not measured. Raises: BatonError."""
    progress = Progress(console)
    measuring = Measuring(progress)
    await asyncio.to_thread(shutil.rmtree, FOLDER, ignore_errors=True)  # only a first start makes a token
    found: Figures = dict.fromkeys(KEYS)
    with progress.waiting("measuring"):
        async with open_office(FOLDER, progress.step) as office:
            this = Run(office, FOLDER, measuring, progress.step, given.rounds, given.seconds)
            for name in PARTS:
                if name in parts:
                    found |= await PARTS[name](this)
    progress.note(json_line(NAME, found), style="")
    return measuring.failures


def command() -> int:
    """Return the exit code: 0 whatever the figures are, 1 if something was not measured, 2 on bad input."""
    parser = parser_of("people", __doc__)
    parser.add_argument("--rounds", type=int, default=20, help="of accept, whisper and barge (default 20)")
    parser.add_argument("--seconds", type=int, default=60, help="of talk over the bridge (default 60)")
    given, parts = parts_given(parser, tuple(PARTS))
    if given.rounds < 2 or given.seconds < 1:
        parser.error("--rounds: give 2 or more; --seconds: give 1 or more")
    return run(
        NAME, main(Console(highlight=False), given, parts), lambda failures: report_failures(NAME, failures)
    )


if __name__ == "__main__":
    exit_now(command())
