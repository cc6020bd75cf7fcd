"""A process's priority applies to all its threads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_THREADS = """
import os, threading
from priority import step_back

stepped_back, seen = threading.Event(), []

def look():
    stepped_back.wait()
    seen.append(os.getpriority(os.PRIO_PROCESS, 0))

before = threading.Thread(target=look)
before.start()
ours = os.getpriority(os.PRIO_PROCESS, 0)
step_back(5)
stepped_back.set()
after = threading.Thread(target=look)
after.start()
before.join()
after.join()
look()
print(*(niceness - ours for niceness in seen))
"""


_LATE = """
import os, threading
from contextlib import suppress
from pathlib import Path
from priority import give_up_real_time, may_wake_late

given_up, seen = threading.Event(), []

def look():
    with suppress(PermissionError):  # without the right nothing of a process is real-time
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    asked.set()
    given_up.wait()
    seen.append(os.sched_getscheduler(0) == os.SCHED_OTHER)
    seen.append(Path(f"/proc/{threading.get_native_id()}/timerslack_ns").read_text().strip())

may_wake_late(by_ms=7)
asked, thread = threading.Event(), threading.Thread(target=look)
thread.start()
asked.wait()
give_up_real_time()
given_up.set()
thread.join()
print(*seen)
"""


def test_threads_that_come_may_wake_late_and_none_is_real_time() -> None:
    assert _printed(_LATE) == ["True", "7000000"]


def test_threads_that_are_there_and_those_that_come_step_back() -> None:
    assert _printed(_THREADS) == ["5", "5", "5"]


def _printed(program: str) -> list[str]:
    command = [sys.executable, "-c", program]
    ended = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True)
    return ended.stdout.split()
