"""`python -m bench.loop`: three services side by side, each with a heartbeat every 5 ms on its event loop.

50 clients start, list and read handoffs over HTTP, Groq answers slowly, and another process writes to the
same database. Each round gives every way a fresh copy of one database, the same clients from the same seed,
the same uvicorn, and the same tables, statements and JSON.

- synchronous: all in the handler, as it was. A lazily made synchronous Groq client, sqlite3, no threads.
- to_thread: each blocking step in asyncio.to_thread with a connection of its own, as it became.
- baton: the service of `baton serve`, whole: it checks a token, and tells the holder of each new handoff
  through a real livekit-server, which the other two do not.

A started handoff costs one slow question to Groq everywhere. The two baselines ask it in the request. Baton's
service never waits for Groq: the agents ask, and here the process that writes to the database asks for them.

Each client waits for its answer, pauses for a second on average, and asks again. A write is measured as the
service waits for it, from asking for it to its commit, without Groq; a start as the client sees it, whole. A
lag is counted for every beat that was due, also for those that never came.
"""

from __future__ import annotations

import argparse  # a few flags; typer would double the time until the first step
import asyncio
import os
import sys
from pathlib import Path

from rich.console import Console

from bench.loop.figures import Figures, Measured, figures_of
from bench.loop.plan import calls_needed
from bench.loop.report import last_line, show
from bench.loop.round import Load, play
from bench.loop.scene import scene
from bench.loop.ways import Way
from errors import BadInput, BatonError
from local.demo.progress import Progress
from local.groq_standin.latencies import Latencies

FOLDER = Path("out/bench-loop")
SLOWLY = Latencies(first_token_ms=1_500, per_token_ms=10)


async def main(console: Console, load: Load, rounds: int, folder: Path = FOLDER) -> dict[Way, Figures]:
    """Start everything, in `folder`, play all rounds, and show what they gave. Raises: BatonError."""
    progress = Progress(console)
    measured: dict[Way, list[Measured]] = {way: [] for way in Way}
    open_calls = calls_needed(load.clients, load.pause_ms, load.warm_up_s + load.seconds)
    with progress.waiting("measuring"):
        async with scene(folder, open_calls=open_calls, latencies=SLOWLY, on_step=progress.step) as place:
            for number in range(rounds):
                for way in _turned(list(Way), number):
                    measured[way].append(await play(place, way, number, load))
                    progress.step(f"round {number + 1} of {rounds}, {way}: {_in_short(measured[way][-1])}")
    figures = {way: figures_of(each) for way, each in measured.items()}
    show(console, figures)
    went_first = all(each.went_first for rounds in measured.values() for each in rounds)
    others = "came after" if went_first else "were on a par with"
    progress.note(
        f"Other programs of the machine {others} the three services. Cores: {os.cpu_count()}.", style=""
    )
    progress.note(f"The stand-in for Groq: {SLOWLY}.", style="")
    about = {
        "rounds": rounds,
        "clients": load.clients,
        "pause_ms": load.pause_ms,
        "seconds": load.seconds,
        "went_first": went_first,
    }
    progress.note(last_line(figures, {**about, "latencies": SLOWLY.model_dump()}), style="")
    return figures


def _turned(ways: list[Way], number: int) -> list[Way]:
    """Each round begins with another one."""
    first = number % len(ways)
    return ways[first:] + ways[:first]


def _in_short(measured: Measured) -> str:
    found = figures_of([measured])
    return (
        f"lag p99 {found.lag_p99_ms:g} ms · longest without a beat {found.zero_heartbeat_s:g} s"
        f" · {found.requests_per_s:g} requests/s · errors {found.errors}"
    )


def arguments() -> tuple[Load, int]:
    parser = argparse.ArgumentParser(
        prog="python -m bench.loop",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    flags = (
        ("rounds", int, 5, "rounds of each way"),
        ("clients", int, 50, "clients at once"),
        ("pause-ms", float, 1_000.0, "a client's pause between answer and request, on average"),
        ("warm-up-s", float, 3.0, "seconds of the same before the time that counts"),
        ("seconds", float, 10.0, "seconds that count, a round"),
        ("writes-per-s", float, 50.0, "writes by the other process"),
        ("seed", int, 1, "of the mix of requests"),
    )
    for name, kind, usual, what in flags:
        parser.add_argument(f"--{name}", type=kind, default=usual, help=f"{what} (default {usual:g})")
    given = vars(parser.parse_args())
    rounds = given.pop("rounds")
    if min(rounds, *(value for name, value in given.items() if name != "seed")) <= 0:
        parser.error("every figure but the seed is above 0")
    return Load(**given), rounds


def run() -> int:
    """Exit code: 0 whatever the figures; 1 where a round could not be played; 2 on bad input."""
    try:
        asyncio.run(main(Console(highlight=False), *arguments()))
    except BatonError as error:
        sys.stderr.write(f"bench-loop: {error}\n")
        return 2 if isinstance(error, BadInput) else 1
    return 0


if __name__ == "__main__":
    sys.exit(run())
