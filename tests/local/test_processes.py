"""Programs started here: waited for, told about when they fail, and ended with all their children."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import psutil
import pytest

from errors import SetupFailed
from local.processes import left_behind, running

STUBBORN = """
import json, os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(json.dumps([os.getpid(), child.pid]), flush=True)
time.sleep(60)
"""
LIMIT_S = 20.0


def is_list(line: str) -> bool:
    return line.startswith("[")


async def test_program_that_will_not_end_is_ended_with_its_children(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", STUBBORN]
    async with running(
        "it", argv, env={}, log=tmp_path / "log", ready=is_list, limit_s=LIMIT_S, grace_s=0.2
    ) as program:
        pids = json.loads(program.lines[-1])
        assert pids[0] == program.pid
        assert set(pids) <= set(left_behind([program.pid]))
    assert left_behind([program.pid]) == []
    assert not any(psutil.pid_exists(pid) for pid in pids if not is_zombie(pid))


async def test_other_groups_are_not_counted(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", STUBBORN]
    async with running(
        "it", argv, env={}, log=tmp_path / "log", ready=is_list, limit_s=LIMIT_S, grace_s=0.2
    ) as program:
        assert psutil.Process().pid not in left_behind([program.pid])
        assert left_behind([]) == []


async def test_program_that_ends_instead_of_starting_is_told_with_its_last_words(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", "import sys; sys.exit('there is no paper in the printer')"]
    with pytest.raises(SetupFailed, match=r"^the printer ended; its log is .*\n  there is no paper"):
        async with running("the printer", argv, env={}, log=tmp_path / "log", ready=is_list, limit_s=LIMIT_S):
            raise AssertionError("it started")


async def test_program_that_never_gets_ready_is_ended_after_the_limit(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", "import time; print('warming up', flush=True); time.sleep(60)"]
    with pytest.raises(SetupFailed, match=r"it was not ready within 1 s; .*\n  warming up"):
        async with running("it", argv, env={}, log=tmp_path / "log", ready=is_list, limit_s=1.0):
            raise AssertionError("it was ready")


def is_zombie(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
