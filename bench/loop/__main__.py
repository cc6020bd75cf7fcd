"""`python -m bench.loop`: three services side by side, each with a heartbeat every 5 ms on its event loop.

Clients start, list and read handoffs over HTTP, Groq answers slowly, and another process writes to the same
database. Each round gives every service a fresh copy of one database, the same clients and the same uvicorn.

- synchronous: everything in the handler, on the event loop, with a synchronous Groq client and sqlite3.
- to_thread: the same, with each blocking step in asyncio.to_thread.
- baton: the service of `baton serve`. It also checks a token, and notifies the holder of each new handoff
  through a real livekit-server.

Each started handoff costs one slow request to Groq, in every service. The baselines make it while they handle
the client's request. Baton's service never waits for Groq: its agents make the request.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sys
from contextlib import AsyncExitStack
from pathlib import Path

from rich.console import Console

from bench.loop.database import make_database
from bench.loop.figures import Figures, Measured, Side, figures_of, last_line, show
from bench.loop.round import Bench, play, servers
from bench.loop.traffic import Load
from bench.support.command import numbers_given, parser_of, run
from bench.support.measuring import rotated
from local.demo.progress import Progress
from local.groq_standin.latencies import Latencies

FOLDER = Path("out/bench-loop")
NAME = "bench-loop"
SLOW = Latencies(first_token_ms=1_500, per_token_ms=10)


async def main(console: Console, load: Load, rounds: int, folder: Path = FOLDER) -> dict[Side, Figures]:
    """Start the servers in `folder`, play all rounds, and show the figures. Raises: BatonError."""
    progress = Progress(console)
    measured: dict[Side, list[Measured]] = {side: [] for side in Side}
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)  # noqa: ASYNC240 - nothing else runs yet
    token = secrets.token_urlsafe(24)
    with progress.waiting("measuring"):
        async with AsyncExitStack() as stack:
            url = f"sqlite:///{folder / 'template.db'}"
            ids = await make_database(url, open_calls=load.calls_needed, token=token)
            env = await stack.enter_async_context(servers(folder, ids, SLOW, progress.step))
            bench = Bench(folder, ids, token, env)
            for number in range(rounds):
                for side in rotated(list(Side), number):
                    measured[side].append(await play(bench, side, number, load))
                    found = figures_of(measured[side][-1:])
                    progress.step(
                        f"round {number + 1} of {rounds}, {side}: lag p99 {found.lag_p99_ms:g} ms"
                        f" · {found.requests_per_s:g} requests/s · errors {found.errors}"
                    )
    figures = {side: figures_of(each) for side, each in measured.items()}
    show(console, figures)
    went_first = all(each.went_first for found in measured.values() for each in found)
    others = "had lower priority than" if went_first else "had the same priority as"
    progress.note(f"Other programs {others} the services. Cores: {os.cpu_count()}. Groq: {SLOW}.", style="")
    about = {
        "rounds": rounds,
        "clients": load.clients,
        "pause_ms": load.pause_ms,
        "seconds": load.seconds,
        "went_first": went_first,
        "latencies": SLOW.model_dump(),
    }
    progress.note(last_line(figures, about), style="")
    return figures


def command() -> int:
    """Return the exit code: 0 whatever the figures are, 1 if a round could not be played, 2 on bad input."""
    given = numbers_given(
        parser_of("loop", __doc__),
        rounds=(5, "rounds of each service"),
        clients=(50, "clients at once"),
        pause_ms=(1_000, "a client's average pause between answer and request"),
        warm_up_s=(3, "seconds of load before the measured time"),
        seconds=(10, "measured seconds of a round"),
        writes_per_s=(50, "writes by agents"),
        seed=(1, "seed of the mix of requests"),
    )
    rounds = given.pop("rounds")
    return run(NAME, main(Console(highlight=False), Load(**given), rounds), lambda _: 0)


if __name__ == "__main__":
    sys.exit(command())
