"""`python -m bench.fleet`: handoffs on Postgres beside handoffs on SQLite, and the load of many calls.

- handoff: one worker on SQLite and one on Postgres, in turns, on the same servers; measured from the request
  to the target's yes.
- workers: how many calls a worker that is limited to half a core carries well, and how many two of them do,
  each on a host of its own. `workers_ratio` is the second over twice the first. It needs Linux and root.
- rolling: a worker is replaced by one beside it, there and back, during calls with handoffs.
- simulated: a Postgres under the statements of `--calls` calls at once, for `--seconds`.

The last line is `bench-fleet: {…}`; what was not measured is null. Run it on an idle machine.
"""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from bench.fleet.handoffs import ready_ms
from bench.fleet.rolling import rolled
from bench.fleet.simulated import carried, cores
from bench.fleet.workers import carried_well
from bench.support.command import parser_of, parts_given, run
from bench.support.report import json_line, print_table
from bench.support.statistics import median, ratio
from local.demo.progress import Progress
from local.native_exit import exit_now

FOLDER = Path("out/bench-fleet")
NAME = "bench-fleet"
HANDOFF, WORKERS, ROLLING, SIMULATED = "handoff", "workers", "rolling", "simulated"
_CHANGES, _CALLS_AT_ONCE = 4, 3


async def main(console: Console, parts: list[str], calls: int, seconds: int, rounds: int) -> list[str]:
    """Run these parts and show the figures. Returns what was not measured. Raises: BatonError."""
    progress, missing = Progress(console), list[str]()
    found: dict[str, object] = dict.fromkeys(
        ("handoff_ratio", "workers_ratio", "simulated_calls", "write_p99_ms", "feed_p99_ms", "lost")
    )
    if HANDOFF in parts:
        ready, missing = await ready_ms(FOLDER, rounds, progress)
        medians = {store: median(values) if values else None for store, values in ready.items()}
        rows = [(store, str(len(values)), f"{medians[store]}") for store, values in ready.items()]
        print_table(console, "request → yes, ms", ("handoffs", "median"), rows)
        found["handoff_ratio"] = ratio(medians["postgres"], medians["sqlite"])
    if WORKERS in parts:
        by_one, by_two = await carried_well(FOLDER, progress)
        found["workers_ratio"] = ratio(by_two, 2 * by_one)
    if ROLLING in parts:
        found |= (await rolled(FOLDER, _CHANGES, _CALLS_AT_ONCE, progress)).figures()
    if SIMULATED in parts:
        with progress.waiting(f"{calls} calls for {seconds} s"):
            load = await carried(calls, seconds, FOLDER / "pgbench.log")
        figures = [(name, f"{value:g}") for name, value in asdict(load).items()]
        print_table(console, f"the store's load, {cores()} cores", ("",), figures)
        found |= {"simulated_calls": load.carried, "write_p99_ms": load.write_p99_ms}
        found |= {"feed_p99_ms": load.feed_p99_ms, "lost": load.lost}
    progress.note(json_line(NAME, found), style="")
    return missing


def command() -> int:
    """Return the exit code: 0 whatever the figures are, 1 if a handoff was not measured, 2 on bad input."""
    parser = parser_of("fleet", __doc__)
    parser.add_argument("--calls", type=int, default=5_000, help="at once (default 5000)")
    parser.add_argument("--seconds", type=int, default=120, help="of simulated load (default 120)")
    parser.add_argument("--rounds", type=int, default=10, help="handoffs on each store (default 10)")
    given, parts = parts_given(parser, (HANDOFF, WORKERS, ROLLING, SIMULATED))
    if min(given.calls, given.seconds, given.rounds) < 1:
        parser.error("--calls, --seconds, --rounds: give 1 or more")
    FOLDER.mkdir(parents=True, exist_ok=True)
    asked = main(Console(highlight=False), list(parts), given.calls, given.seconds, given.rounds)

    def told(missing: list[str]) -> int:
        sys.stderr.writelines(f"{NAME}: not measured: {each}\n" for each in missing)
        return int(bool(missing))

    return run(NAME, asked, told)


if __name__ == "__main__":
    exit_now(command())
