"""A pytest plugin: limits how many processes that share a folder of turns test at a time (`--turns FOLDER`).

A process without a turn starts its stack on the processor time that testing ones leave. A process that must
run alone takes all turns (`--turns FOLDER --alone`) and is started last: its stack starts during the others'
last tests. A process that only computes takes no turn (`--turns FOLDER --computing`). While one computes, the
last turn is given only if the machine is not slow, and never to a process that must run alone.
"""

from __future__ import annotations

import fcntl
import os
import statistics
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

TURNS = 2
"""On two processors: a test with calls takes half of one, the heaviest all of one. With three turns, all
tests took 750 s instead of 835, but an interrupted agent stopped too late (2026-12-01)."""
_SLOW_S, _TRIES, _COUNTED = 0.015, 20, 300_000
"""The machine is slow if the median of this many counts takes more processor time than this. The median was
0.011 s while nobody else used the machine's cores. While others did, it was 0.019 s, and two calls at a time
starved beside a computing process. It changes by the minute."""
_LOOK_AT_SPEED_S = 10.0
_LOOK_AGAIN_S = 0.1
_LOOK_FOR_PROGRAMS_S = 0.3
_STARTING, _TESTING = 5, 0
"""Niceness of a program's session. A program that starts has a third of the weight of one under test."""


class Turns:
    """File locks, which the kernel releases when this process ends, however it ends."""

    def __init__(self, folder: Path, *, wanted: int = 1) -> None:
        self._is_ours = threading.Event()
        self._aside = threading.Thread(target=self._stay_aside, name="stay aside", daemon=True)
        folder.mkdir(parents=True, exist_ok=True)
        self._all: Sequence[int] = [_lock(folder / f"turn-{number}") for number in range(TURNS)]
        self._computing = _lock(folder / "computing")
        self._wanted = wanted
        self._ours: list[int] = []
        self._slow, self._look_at = False, 0.0  # when to measure the speed again, in time.monotonic's seconds

    def take(self) -> None:
        """Wait for our turn, unless we have it."""
        while True:
            for turn in self._all:
                if len(self._ours) < self._wanted and turn not in self._ours and self._took(turn):
                    self._ours.append(turn)
            if len(self._ours) == self._wanted:
                break
            time.sleep(_LOOK_AGAIN_S)
        self._is_ours.set()
        if self._aside.is_alive():
            self._aside.join()

    def _took(self, turn: int) -> bool:
        if turn == self._all[-1] and self._computes_beside() and (self._wanted == TURNS or self._is_slow()):
            return False
        return _locked(turn)

    def _is_slow(self) -> bool:
        if time.monotonic() >= self._look_at:
            self._slow = statistics.median(_count_s() for _ in range(_TRIES)) > _SLOW_S
            self._look_at = time.monotonic() + _LOOK_AT_SPEED_S
        return self._slow

    def compute(self) -> None:
        """Tell the other processes that we compute, until `end_computing`."""
        fcntl.flock(self._computing, fcntl.LOCK_SH)

    def end_computing(self) -> None:
        fcntl.flock(self._computing, fcntl.LOCK_UN)

    def _computes_beside(self) -> bool:
        if not _locked(self._computing):
            return True
        fcntl.flock(self._computing, fcntl.LOCK_UN)
        return False

    def start_aside(self) -> None:
        """Until we have our turn, leave the processors to the processes that have theirs."""
        self._aside.start()

    def _stay_aside(self) -> None:
        while not self._is_ours.wait(_LOOK_FOR_PROGRAMS_S):
            _weigh(_STARTING)
        _weigh(_TESTING)

    def give_back(self) -> None:
        while self._ours:
            fcntl.flock(self._ours.pop(), fcntl.LOCK_UN)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, call: pytest.CallInfo[None]) -> None:
        """Take the turn after a test's set-up, when its stack runs. The waiting here counts for no test."""
        if call.when == "setup":
            self.take()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_teardown(self, nextitem: pytest.Item | None) -> None:
        if nextitem is None:
            self.give_back()


def _weigh(niceness: int) -> None:
    """Set our programs' niceness. Each leads a session, and Linux may weigh each session as one: sched(7)."""
    for program in psutil.Process().children():
        with suppress(OSError):  # it has ended, or this system has no autogroups
            if os.getsid(program.pid) == program.pid:
                _write(Path(f"/proc/{program.pid}/autogroup"), niceness)


def _write(autogroup: Path, niceness: int) -> None:
    """Write the niceness. Linux accepts one such write every 100 ms from all users except root."""
    if autogroup.read_text(encoding="ascii").endswith(f" {niceness}\n"):
        return
    while True:
        try:
            autogroup.write_text(str(niceness), encoding="ascii")
        except BlockingIOError:
            time.sleep(_LOOK_AGAIN_S)
        else:
            return


def _lock(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT)


def _locked(turn: int) -> bool:
    try:
        fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--turns", type=Path, help="the folder of the turns")
    parser.addoption("--alone", action="store_true", help="take all turns")
    parser.addoption("--computing", action="store_true", help="have no turn")


def pytest_configure(config: pytest.Config) -> None:
    folder = config.getoption("--turns")
    if folder is None or hasattr(config, "workerinput"):  # pytest-xdist's worker: its parent has the turn
        return
    turns = Turns(folder, wanted=TURNS if config.getoption("--alone") else 1)
    if config.getoption("--computing"):
        turns.compute()
        config.add_cleanup(turns.end_computing)
        return
    config.pluginmanager.register(turns)
    turns.start_aside()


def _count_s() -> float:
    began, total = time.process_time(), 0
    for number in range(_COUNTED):
        total += number
    return time.process_time() - began
