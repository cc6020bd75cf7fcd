"""`python -m bench.operators`: from an operator's act to the caller's ear, and to another operator's eye.

It runs on the real stack: livekit-server, worker, the operators' service, and the stand-in for Groq with
delays like Groq's. Each round has two calls:

- The model hands a call over: measured from the request's row to the hold line's first sound at the caller.
- An operator, signed in as on the console's page, hands a call over: measured in the same way from the row,
  and from the click, just before the request is sent. Before the handoff the operator leaves notes, while
  another operator follows the event stream: measured from each click to the arrival of its event.

At the end another operator has a call's page open in a headless Chromium, if Chromium is installed: measured
from the click to the first painting of a note's words.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from contextlib import AsyncExitStack
from pathlib import Path

from rich.console import Console

from bench.operators.calls import Measured, model_asks, operator_asks, page_looks_on
from bench.operators.desk import desk
from bench.operators.figures import Act
from bench.operators.onlooker import stream
from bench.operators.report import last_line, show
from bench.support.command import numbers_given, parser_of, report_failures, run
from bench.support.environment import LATENCIES, SCRIPT, Environment, environment_of
from bench.support.measuring import Measuring, rotated
from clock import SystemClock
from errors import SetupFailed
from local.chromium import chromium_binary
from local.demo.progress import Progress
from local.groq_standin.latencies import PRESETS
from local.native_exit import exit_now
from local.stack import Stack, local_stack
from operators.auth.access import add_operator
from persistence.access import WATCHES
from persistence.engines import open_store

FOLDER = Path("out/bench-operators")
NAME = "bench-operators"
_CALL_LIMIT_S = 60.0


async def main(console: Console, rounds: int, folder: Path = FOLDER) -> list[str]:
    """Start everything in `folder`, play all rounds, and show the figures. Returns what was not measured.

    Raises: BatonError.
    """
    progress = Progress(console)
    measuring = Measuring(progress)
    await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)  # only a first start makes a token
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
            environment_of(stack) as env,
        ):
            figures = await _play(measuring, stack, env, rounds)
    show(console, figures)
    latencies = PRESETS[LATENCIES]
    progress.note(f"The stand-in for Groq: {latencies}. Cores: {os.cpu_count()}. Logs: {folder}.", style="")
    progress.note(last_line(figures, {"rounds": rounds, "latencies": latencies.model_dump()}), style="")
    return measuring.failures


async def _play(measuring: Measuring, stack: Stack, env: Environment, rounds: int) -> dict[Act, list[int]]:
    address, _, token = stack.console.partition("#token=")
    async with open_store(stack.store) as store:
        second = await add_operator(store, "onlooker", WATCHES, SystemClock())
    found: list[Measured] = []
    async with AsyncExitStack() as opened:
        first = await opened.enter_async_context(desk(address, token))
        other = await opened.enter_async_context(stream(address, second))
        calls = [("model", lambda: model_asks(env)), ("operator", lambda: operator_asks(env, first, other))]
        for number in range(rounds):
            for name, call in rotated(calls, number):
                where = f"round {number + 1} of {rounds}, {name}"
                found += await measuring.measure(where, call, _in_short, limit_s=_CALL_LIMIT_S)
        if _has_chromium():
            acts = max(10, rounds)
            page = lambda: page_looks_on(env, first, address, second, acts=acts)  # noqa: E731
            limit_s = _CALL_LIMIT_S + acts
            found += await measuring.measure("another operator's page", page, _in_short, limit_s=limit_s)
    return {act: [ms for measured in found for ms in measured.get(act, ())] for act in Act}


def _in_short(measured: Measured) -> str:
    return " · ".join(f"{act.value} {list(values)} ms" for act, values in measured.items())


def _has_chromium() -> bool:
    try:
        chromium_binary()
    except SetupFailed:
        return False
    return True


def command() -> int:
    """Return the exit code: 0 whatever the figures are, 1 if something was not measured, 2 on bad input."""
    given = numbers_given(parser_of("operators", __doc__), rounds=(10, "calls of each kind"))
    return run(
        NAME,
        main(Console(highlight=False), given["rounds"]),
        lambda failures: report_failures(NAME, failures),
    )


if __name__ == "__main__":
    exit_now(command())
