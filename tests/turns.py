"""A plugin of pytest: of the processes that share a folder of turns, two test at a time (`--turns FOLDER`).

One that must have nothing beside it takes all turns (`--turns FOLDER --alone`), and is started last: its
stack starts while the last of the others test.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

TURNS = 2
_LOOK_AGAIN_S = 0.1


class Turns:
    """Locks on files, which the kernel releases when this process ends, however it ends."""

    def __init__(self, folder: Path, *, wanted: int = 1) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._all: Sequence[int] = [
            os.open(folder / f"turn-{number}", os.O_RDWR | os.O_CREAT) for number in range(TURNS)
        ]
        self._wanted = wanted
        self._ours: list[int] = []

    def take(self) -> None:
        """Wait for our turn, unless we have it."""
        while True:
            for turn in self._all:
                if len(self._ours) < self._wanted and turn not in self._ours and _locked(turn):
                    self._ours.append(turn)
            if len(self._ours) == self._wanted:
                return
            time.sleep(_LOOK_AGAIN_S)

    def give_back(self) -> None:
        while self._ours:
            fcntl.flock(self._ours.pop(), fcntl.LOCK_UN)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, call: pytest.CallInfo[None]) -> None:
        """After a test's set-up, what it needs has started. What is waited for here counts for no test."""
        if call.when == "setup":
            self.take()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_teardown(self, nextitem: pytest.Item | None) -> None:
        if nextitem is None:
            self.give_back()


def _locked(turn: int) -> bool:
    try:
        fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--turns", type=Path, help="the folder of the turns")
    parser.addoption("--alone", action="store_true", help="take all turns")


def pytest_configure(config: pytest.Config) -> None:
    if (folder := config.getoption("--turns")) is not None:
        config.pluginmanager.register(Turns(folder, wanted=TURNS if config.getoption("--alone") else 1))
