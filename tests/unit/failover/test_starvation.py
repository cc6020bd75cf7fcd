"""Processes that hang are told from one that gets no processor: real processes on one processor."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

import pytest

from failover.starvation import Look, look_at, starves

STARTED = "print(flush=True)"
BUSY = f"{STARTED}\nwhile True: pass"
ASLEEP = f"import time\n{STARTED}\ntime.sleep(600)"
OTHERS = 4
"""With a single one, the late process would get a sixth of the processor: tests that only compute run at the
lowest priority."""
APART_S = 1.0
"""Pause between two looks: a hundred times the length of the kernel's clock tick."""
ONE = min(os.sched_getaffinity(0))


@contextmanager
def running(program: str) -> Iterator[int]:
    """Run the program on one processor, whatever runs on the others."""
    with subprocess.Popen(
        [sys.executable, "-S", "-c", program],
        preexec_fn=partial(os.sched_setaffinity, 0, {ONE}),
        stdout=subprocess.PIPE,
    ) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            yield process.pid
        finally:
            process.kill()


async def two_looks(pid: int) -> tuple[Look | None, Look | None]:
    before = look_at(pid, time.monotonic())
    await asyncio.sleep(APART_S)
    return before, look_at(pid, time.monotonic())


async def test_a_process_that_others_leave_no_processor_starves() -> None:
    with ExitStack() as stack:
        late = stack.enter_context(running(BUSY))
        for _ in range(OTHERS):
            stack.enter_context(running(BUSY))
        os.sched_setscheduler(late, os.SCHED_IDLE, os.sched_param(0))
        assert starves(*await two_looks(late))


def blocked(pid: int) -> None: ...


def stopped(pid: int) -> None:
    os.kill(pid, signal.SIGSTOP)


def killed(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize(
    ("program", "becomes"),
    [(ASLEEP, blocked), (BUSY, stopped), (BUSY, killed)],
)
async def test_a_process_that_wants_no_processor_hangs(program: str, becomes: Callable[[int], None]) -> None:
    with running(program) as pid:
        becomes(pid)
        assert not starves(*await two_looks(pid))


def test_a_loop_that_never_returns_hangs() -> None:
    assert not starves(Look(0.0, True, 1.0), Look(APART_S, True, 1.5))


def test_one_look_tells_nothing() -> None:
    assert not starves(None, Look(0.0, True, 1.0))
