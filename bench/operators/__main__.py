"""`python -m bench.operators`: an operator's act, until the caller hears it and another operator sees it.

On the real stack: livekit-server, worker, the operators' service, and the stand-in for Groq with delays like
Groq's. Round by round, in one run:

- a call whose caller says what makes the model hand over: from the row of its request to the first sound of
  the hold line at the caller's ear.
- a call that an operator hands over, signed in and asking as the console's page does: the same from the row,
  and from the click, which is just before the request is sent. Before that the operator leaves notes; another
  operator follows the event stream: from each click to the event's arrival.

At the end another operator has a call's page open in a headless Chromium, where there is one: from the click
to the first painting of a note's words.
"""

from __future__ import annotations

import argparse  # two flags; typer would double the time until the first step
import asyncio
import logging
import os
import shutil
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
from livekit import api, rtc
from rich.console import Console

from bench.handoff.place import Place, rest
from bench.handoff.servers import LATENCIES, SCRIPT, place_of
from bench.operators.calls import Measured, model_asks, operator_asks, page_looks_on
from bench.operators.desk import desk
from bench.operators.figures import Act
from bench.operators.onlooker import stream
from bench.operators.report import last_line, show
from clock import SystemClock
from errors import BadInput, BatonError, SetupFailed
from local.chromium import chromium_binary
from local.demo.progress import Progress
from local.groq_standin.latencies import PRESETS
from local.native_exit import exit_now
from local.stack import Stack, local_stack
from operators.auth.access import add_operator
from persistence.engines import open_store
from persistence.records import OperatorRole

FOLDER = Path("out/bench-operators")
_ROUND_LIMIT_S = 60.0
_FAILURES = (BatonError, ConnectionError, TimeoutError, rtc.ConnectError, api.TwirpError, httpx.HTTPError)


class Run:
    """All rounds: what was measured, and what could not be."""

    def __init__(self, progress: Progress) -> None:
        self.figures: dict[Act, list[int]] = {act: [] for act in Act}
        self.failures: list[str] = []
        self._progress = progress

    async def measure(self, where: str, call: Callable[[], Awaitable[Measured]], *, limit_s: float) -> None:
        await rest()
        try:
            async with asyncio.timeout(limit_s):
                measured = await call()
        except _FAILURES as error:
            self.failures.append(f"{where}: {str(error) or type(error).__name__}")
            self._progress.note(self.failures[-1], style="red")
            return
        for act, values in measured.items():
            self.figures[act] += values
        found = " · ".join(f"{act.value} {list(values)} ms" for act, values in measured.items())
        self._progress.step(f"{where}: {found}")


async def main(console: Console, rounds: int, folder: Path = FOLDER) -> Run:
    """Start everything, in `folder`, play all rounds, and show what they gave. Raises: BatonError."""
    progress = Progress(console)
    run = Run(progress)
    await asyncio.to_thread(
        shutil.rmtree, folder, ignore_errors=True
    )  # the first start makes the first token
    with progress.waiting("measuring"):
        async with (
            local_stack(
                folder,
                script=SCRIPT,
                latencies=LATENCIES,
                stand_in_always=True,
                service=True,
                on_step=progress.step,
            ) as stack,
            place_of(stack) as place,
        ):
            await _play(run, stack, place, rounds)
    show(console, run.figures)
    latencies = PRESETS[LATENCIES]
    progress.note(f"The stand-in for Groq: {latencies}. Cores: {os.cpu_count()}. Logs: {folder}.", style="")
    progress.note(last_line(run.figures, {"rounds": rounds, "latencies": latencies.model_dump()}), style="")
    return run


async def _play(run: Run, stack: Stack, place: Place, rounds: int) -> None:
    address, _, token = stack.console.partition("#token=")
    async with open_store(stack.store) as store:
        second = await add_operator(store, "onlooker", OperatorRole.VIEWER, SystemClock())
    async with AsyncExitStack() as opened:
        first = await opened.enter_async_context(desk(address, token))
        other = await opened.enter_async_context(stream(address, second))
        for number in range(1, rounds + 1):
            calls = [
                ("model", lambda: model_asks(place)),
                ("operator", lambda: operator_asks(place, first, other)),
            ]
            for name, call in calls if number % 2 else reversed(calls):
                await run.measure(f"round {number} of {rounds}, {name}", call, limit_s=_ROUND_LIMIT_S)
        if _has_chromium():
            acts = max(10, rounds)
            limit_s = _ROUND_LIMIT_S + acts
            page = lambda: page_looks_on(place, first, address, second, acts=acts)  # noqa: E731
            await run.measure("another operator's page", page, limit_s=limit_s)


def _has_chromium() -> bool:
    try:
        chromium_binary()
    except SetupFailed:
        return False
    return True


def arguments() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.operators",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--rounds", type=int, default=10, help="calls of each kind (default 10)")
    rounds: int = parser.parse_args().rounds
    if rounds < 1:
        parser.error("--rounds: give 1 or more")
    return rounds


def run() -> int:
    """Exit code: 0 whatever the figures; 1 where something was not measured; 2 on bad input."""
    logging.getLogger("livekit").setLevel(logging.ERROR)  # the SDK's word on handles that the server dropped
    try:
        played = asyncio.run(main(Console(highlight=False), arguments()))
    except BatonError as error:
        sys.stderr.write(f"bench-operators: {error}\n")
        return 2 if isinstance(error, BadInput) else 1
    for failure in played.failures:
        sys.stderr.write(f"bench-operators: not measured: {failure}\n")
    return 1 if played.failures else 0


if __name__ == "__main__":
    exit_now(run())
