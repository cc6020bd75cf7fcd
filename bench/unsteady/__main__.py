"""`python -m bench.unsteady`: 100 calls through a Groq that fails one request in three.

The exit code is 0 if no caller was lost and none heard a silence of more than 3 s, else 1; 2 on bad input.
"""

from __future__ import annotations

import argparse  # three flags; typer would double the time until the first step
import asyncio
import json
import logging
import sys
from pathlib import Path

from rich.console import Console

from bench.unsteady.caller import Outcome
from bench.unsteady.run import LONGEST_SILENCE_MS, Result, unsteady_calls
from errors import BadInput, BatonError
from local.demo.progress import Progress
from local.native_exit import exit_now
from local.stack import local_stack

FOLDER = Path("out/unsteady")


async def main(console: Console, calls: int, at_once: int, seed: int) -> Result:
    """Start everything, play all calls, and show the result. Raises: BatonError."""
    progress = Progress(console)
    settings = {"BATON_IDLE_PROCESSES": str(at_once)}
    with progress.waiting("calls through an unsteady Groq"):
        async with local_stack(
            FOLDER,
            latencies="like-groq",
            settings=settings,
            stand_in_always=True,
            on_step=progress.step,
        ) as stack:
            result = await unsteady_calls(stack, calls=calls, at_once=at_once, seed=seed, tell=progress.step)
    progress.note(f"unsteady: {json.dumps({**result.figures(), 'seed': seed})}", style="")
    return result


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.unsteady",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--calls", type=int, default=100, help="how many callers (default 100)")
    parser.add_argument("--at-once", type=int, default=3, help="how many of them at a time (default 3)")
    parser.add_argument("--seed", type=int, default=1, help="seed for choosing what fails (default 1)")
    given = parser.parse_args()
    if given.calls < 1 or given.at_once < 1:
        parser.error("--calls, --at-once: give 1 or more")
    return given


def run() -> int:
    logging.getLogger("livekit").setLevel(logging.ERROR)  # the SDK warns of handles that the server dropped
    given = arguments()
    try:
        result = asyncio.run(main(Console(highlight=False), given.calls, given.at_once, given.seed))
    except BatonError as error:
        sys.stderr.write(f"unsteady: {error}\n")
        return 2 if isinstance(error, BadInput) else 1
    lost = any(each.outcome is Outcome.LOST for each in result.calls)
    return 1 if lost or max(result.silences_ms) > LONGEST_SILENCE_MS else 0


if __name__ == "__main__":
    exit_now(run())
