"""`python -m bench.handoff`: Baton beside bare, swap and plain, round by round, in one run.

All of it is measured at the ear of a scripted WebRTC caller; the stand-in for Groq has delays like Groq's.

- bare: an agent that only connects, publishes and plays a sound; request → first sound.
- swap: LiveKit's own `session.update_agent` in one process, with the lines and voices of Baton's handoff.
- plain: LiveKit's AgentSession with every default and the same adapters. Its hearing goes request by request
  through LiveKit's StreamAdapter, as LiveKit does with any speech-to-text that cannot stream.
- Baton: a whole call with a handoff.
"""

from __future__ import annotations

import argparse  # one flag; typer would double the time until the first step
import asyncio
import logging
import os
import sys
from pathlib import Path

from livekit import api, rtc
from rich.console import Console

from bench.handoff.figures import Measured, Pauses, gather
from bench.handoff.place import Place, rest
from bench.handoff.report import last_line, show
from bench.handoff.servers import LATENCIES, servers
from bench.handoff.sides import SIDES
from errors import BadInput, BatonError
from local.demo.progress import Progress
from local.groq_standin.latencies import PRESETS
from local.native_exit import exit_now

FOLDER = Path("out/bench")
_ROUNDS = 20
_ROUND_LIMIT_S = 180.0


class Run:
    """All rounds: what was measured of each side, and what could not be."""

    def __init__(self, rounds: int, progress: Progress) -> None:
        self.measured: dict[str, list[Measured]] = {side: [] for side in SIDES}
        self.failures: list[str] = []
        self._rounds, self._progress = rounds, progress

    @property
    def pauses(self) -> dict[str, Pauses]:
        sides = ("plain", "Baton")
        return {side: sum((m.pauses for m in self.measured[side]), Pauses()) for side in sides}

    async def play(self, place: Place) -> None:
        """Every side once a round, each round beginning with another one."""
        names = list(SIDES)
        for number in range(self._rounds):
            first = number % len(names)
            for side in names[first:] + names[:first]:
                await rest()
                await self._call(place, number + 1, side)

    async def _call(self, place: Place, number: int, side: str) -> None:
        where = f"round {number} of {self._rounds}, {side}"
        try:
            async with asyncio.timeout(_ROUND_LIMIT_S):
                measured = await SIDES[side](place)
        except (BatonError, ConnectionError, TimeoutError, rtc.ConnectError, api.TwirpError) as error:
            self.failures.append(f"{where}: {str(error) or type(error).__name__}")
            self._progress.note(self.failures[-1], style="red")
            return
        self.measured[side].append(measured)
        found = [f"{figure.split(': ')[-1]} {values} ms" for figure, values in measured.figures.items()]
        if measured.pauses.said:
            found.append(f"pauses {measured.pauses.said}, cut {measured.pauses.cut}")
        self._progress.step(f"{where}: {' · '.join(found)}")


async def main(console: Console, rounds: int) -> Run:
    """Start everything, play all rounds, and show what they gave. Raises: BatonError."""
    progress, latencies = Progress(console), PRESETS[LATENCIES]
    run = Run(rounds, progress)
    with progress.waiting("measuring"):
        async with servers(FOLDER, progress.step) as place:
            await run.play(place)
    figures = gather(measured for side in run.measured.values() for measured in side)
    show(console, figures, run.pauses)
    progress.note(f"The stand-in for Groq: {latencies}. Cores: {os.cpu_count()}. Logs: {FOLDER}.", style="")
    progress.note(last_line(figures, run.pauses, rounds=rounds, latencies=latencies), style="")
    return run


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.handoff",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--rounds", type=int, default=_ROUNDS, help=f"calls of each side (default {_ROUNDS})")
    given = parser.parse_args()
    if given.rounds < 1:
        parser.error("--rounds: give 1 or more")
    return given


def run() -> int:
    """Exit code: 0 whatever the ratios; 1 where a round was not measured; 2 on bad input."""
    logging.getLogger("livekit").setLevel(logging.ERROR)  # the SDK's word on handles that the server dropped
    try:
        played = asyncio.run(main(Console(highlight=False), arguments().rounds))
    except BatonError as error:
        sys.stderr.write(f"bench-handoff: {error}\n")
        return 2 if isinstance(error, BadInput) else 1
    for failure in played.failures:
        sys.stderr.write(f"bench-handoff: not measured: {failure}\n")
    return 1 if played.failures else 0


if __name__ == "__main__":
    exit_now(run())
