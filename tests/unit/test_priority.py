"""A process that steps back does so with all its threads."""

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


def test_threads_that_are_there_and_those_that_come_step_back() -> None:
    command = [sys.executable, "-c", _THREADS]
    ended = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True)
    assert ended.stdout.split() == ["5", "5", "5"]
