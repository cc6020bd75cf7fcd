"""How urgent a process is, among all of this machine's."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path


def be_scheduled(niceness: int) -> None:
    """Have this process, and what it starts, scheduled so, if we may: only root may ask for less than 0."""
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, niceness)
    # Where Linux groups processes by session, niceness orders only those of one session (sched(7)). A session
    # that another process leads, such as a terminal's, is not ours to weigh.
    if os.getsid(0) == os.getpid():
        with suppress(OSError):
            Path("/proc/self/autogroup").write_text(str(niceness), encoding="ascii")


def step_back(niceness: int) -> None:
    """Add it to the niceness of this process's threads, and of those that they will start."""
    for thread in _threads():
        with suppress(ProcessLookupError):  # it has ended
            os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + niceness)


def may_wake_late(by_ms: int) -> None:
    """Let timers of this thread, and of those that it will start, go off so much late.

    The processor then wakes once for several of them (prctl(2), PR_SET_TIMERSLACK). Only Linux does so.
    """
    with suppress(OSError):
        Path("/proc/self/timerslack_ns").write_text(str(1_000_000 * by_ms), encoding="ascii")


def give_up_real_time() -> None:
    """Have all threads of this process take their turns as others do.

    LiveKit asks for real time where it may, as root. Such a thread goes before every other process, and its
    timers are never late.
    """
    if not hasattr(os, "sched_setscheduler"):
        return
    for thread in _threads():
        with suppress(ProcessLookupError):  # it has ended
            if os.sched_getscheduler(thread) in {os.SCHED_FIFO, os.SCHED_RR}:
                os.sched_setscheduler(thread, os.SCHED_OTHER, os.sched_param(0))


def _threads() -> Sequence[int]:
    """On Linux each thread has a niceness of its own. Elsewhere a process has one, and 0 is this process."""
    try:
        return [int(thread) for thread in os.listdir("/proc/self/task")]
    except FileNotFoundError:
        return [0]
