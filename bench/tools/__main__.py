"""`python -m bench.tools`: how roles' tools and documents affect a call, on the real stack.

- slow: tools that take 0.2, 3 or 30 s, or never end; that answer 500, 1 MB, something other than JSON, or
  orders to the model; each by Python, HTTP and MCP; and addresses that lead elsewhere. The model believes
  every order.
- once: a booking whose process gets `kill -9` before, during and after it, or that crosses a handoff.
- knowledge: 60 questions on 30 documents.
- turns: a role with three tools and documents beside one without, when none is used.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from tempfile import mkdtemp

from livekit import api
from rich.console import Console

from bench.knowledge.questions import QUESTIONS, asked_in_rounds
from bench.knowledge.questions import figures as knowledge_figures
from bench.soak.environment import Environment
from bench.support.command import parser_of, parts_given, report_failures, run
from bench.support.environment import LATENCIES
from bench.support.measuring import Measuring, rotated
from bench.support.report import json_line, number
from bench.tools.calls import Bench
from bench.tools.cases import WAYS
from bench.tools.figures import TARGETS, Measured, figures
from bench.tools.once import once
from bench.tools.roles import Places, server_command, write_roster
from bench.tools.script import write_script
from bench.tools.slow import escaped, slow, walls
from bench.tools.turns import ROLES, turns
from local.demo.progress import Progress
from local.groq_standin.latencies import PRESETS
from local.livekit.server import free_ports
from local.native_exit import exit_now
from local.processes import running
from local.stack import local_stack
from persistence.engines import open_store

FOLDER = Path("out/bench-tools")
NAME = "bench-tools"
PARTS = ("slow", "once", "knowledge", "turns")
_CALL_LIMIT_S = 400.0
_START_LIMIT_S = 30.0
_PAIRS = 4
_AT_ONCE = 3
_SEARCHES = 10


async def main(console: Console, rounds: int, parts: Sequence[str]) -> list[str]:
    """Play these parts and show the figures. Returns what was not measured. Raises: BatonError."""
    progress = Progress(console)
    measuring = Measuring(progress)
    measured: list[Measured] = []
    knowledge: dict[str, float] = {}
    out: list[str] | None = None
    if "knowledge" in parts:
        knowledge = knowledge_figures(await asked_in_rounds(QUESTIONS, _SEARCHES))
    if calling := [part for part in parts if part != "knowledge"]:
        async with _bench(progress) as bench:
            for part in calling:
                for group in _calls(bench, part, rounds):
                    playing = [
                        measuring.measure_several(name, call, limit_s=_CALL_LIMIT_S) for name, call in group
                    ]
                    measured += [each for found in await asyncio.gather(*playing) for each in found]
            out = escaped(bench) if "slow" in calling else None
    for each in out or ():
        progress.note(each, style="red")
    found = figures(measured, knowledge, out)
    _show(progress, found)
    progress.note(json_line(NAME, {**found, "rounds": rounds, "parts": list(parts)}), style="")
    return measuring.failures


def _show(progress: Progress, found: dict[str, float | None]) -> None:
    progress.note("| figure | measured | target |\n|---|---|---|", style="")
    for name, value in found.items():
        progress.note(f"| `{name}` | {number(value)} | {TARGETS[name]} |", style="")
    told = f"The stand-in for Groq: {PRESETS[LATENCIES]}. Cores: {os.cpu_count()}. Logs: {FOLDER}."
    progress.note(told, style="")


def _new_folder() -> Path:
    FOLDER.mkdir(parents=True, exist_ok=True)
    return Path(mkdtemp(prefix="run-", dir=FOLDER)).resolve()


@asynccontextmanager
async def _bench(progress: Progress) -> AsyncIterator[Bench]:
    folder = await asyncio.to_thread(_new_folder)
    places = Places(free_ports().http, free_ports().http, folder / "ledger.jsonl", socket.gethostname())
    script = folder / "script.json"
    write_script(script)
    settings = {
        "BATON_ROSTER_FOLDER": str(write_roster(folder / "roster", places)),
        "BATON_CALLS_AT_ONCE": "20",
        "BATON_IDLE_PROCESSES": "4",
        "BATON_DEPARTURE_S": "2",
    }
    async with (
        running(
            "the tools' servers",
            server_command(places),
            env={"BENCH_LEDGER": str(places.ledger)},
            log=folder / "tools.log",
            ready=lambda line: line == "listening",
            limit_s=_START_LIMIT_S,
        ),
        local_stack(
            folder,
            script=script,
            latencies=LATENCIES,
            settings=settings,
            stand_in_always=True,
            on_step=progress.step,
        ) as stack,
        api.LiveKitAPI(stack.livekit.url, stack.livekit.api_key, stack.livekit.api_secret) as livekit,
        open_store(stack.store, read_only=True) as store,
    ):
        yield Bench(Environment(stack, livekit, store), places.ledger)


Call = Callable[[], Awaitable[Sequence[Measured]]]


def _calls(bench: Bench, part: str, rounds: int) -> Iterator[list[tuple[str, Call]]]:
    """Yield the calls of one part, in groups that are played at the same time."""
    match part:
        case "slow":
            ways = [(f"slow, {way}", partial(slow, bench, way)) for way in WAYS]
            yield list(ways[:2])
            yield [ways[2], ("ways out", partial(walls, bench))]
        case "once":
            for first in range(0, rounds, _AT_ONCE):
                numbers = range(first, min(first + _AT_ONCE, rounds))
                yield [(f"once, round {each}", partial(_one, once, bench, each)) for each in numbers]
        case "turns":
            for pair in range(_PAIRS):
                for role in rotated(ROLES, pair):
                    yield [(f"turns, {role}", partial(_one, turns, bench, role))]


async def _one(measure: Callable[..., Awaitable[Measured]], *given: object) -> Sequence[Measured]:
    return [await measure(*given)]


def command() -> int:
    """Return the exit code: 0 whatever the figures are, 1 if a call was not measured, 2 on bad input."""
    parser = parser_of("tools", __doc__)
    parser.add_argument("--rounds", type=int, default=100, help="of the part once (default 100)")
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
