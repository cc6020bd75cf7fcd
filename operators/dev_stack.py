"""The stack of `make dev` in this folder. Its file says how to reach it, and is locked while it runs."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from errors import BadInput, SetupFailed

FOLDER = Path("out/dev")
_FILE = FOLDER / "running.json"
_LOCK_WAIT_S = 1.0  # a command that checks the lock holds it for a moment
_LOOK_AGAIN_S = 0.02


@dataclass(frozen=True, slots=True)
class DevStack:
    """`console`: the link, with an operator's token. `settings`: what a program needs to use the stack."""

    console: str
    settings: Mapping[str, str]


@contextmanager
def only_one() -> Iterator[DevStackFile]:
    """Hold the lock of this folder's stack. The kernel releases it when this process ends, however it ends.

    Raises: SetupFailed, with the link, if another stack runs. BadInput, if this user may not write the file.
    """
    try:
        opened = os.open(_FILE, os.O_RDWR | os.O_CREAT, 0o600)  # for this user alone: it holds a token
    except OSError as error:
        wrong, right = (
            f"this user may not write {_FILE.absolute()}",
            "remove it, or give it to this user (chown)",
        )
        raise BadInput("make dev's file", wrong, right) from error
    with os.fdopen(opened, "r+", encoding="utf-8") as file:
        if not _locked(file):
            other = _read(file)
            where = f": {other.console}" if other else ", and is starting"
            raise SetupFailed(f"make dev runs in this folder already{where}")
        yield DevStackFile(file)


class DevStackFile:
    """The file, opened and locked by the running stack."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self.last = _read(file)
        """What the last run wrote, if there was one."""
        file.truncate(0)

    def tell(self, stack: DevStack) -> None:
        self._file.seek(0)
        self._file.write(json.dumps(asdict(stack)))
        self._file.flush()


def dev_stack(*, running: bool) -> DevStack | None:
    """Return this folder's stack, or None. With `running`, only if it runs now. Never creates the file."""
    try:
        with _FILE.open(encoding="utf-8") as file:
            return None if running and _free(file) else _read(file)
    except OSError:  # no stack was ever started here, or another user started it
        return None


def _locked(file: IO[str]) -> bool:
    end = time.monotonic() + _LOCK_WAIT_S
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                return False
            time.sleep(_LOOK_AGAIN_S)
        else:
            return True


def _free(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(file: IO[str]) -> DevStack | None:
    file.seek(0)
    try:
        return DevStack(**json.load(file))
    except (ValueError, TypeError):  # empty while the stack starts
        return None
