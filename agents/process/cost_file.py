"""The files in which processes keep their calls' costs, and those that killed processes left behind.

A process holds a lock on its file for as long as it lives. A file without a lock belongs to a process
that has ended: any worker of the same store on this machine may take it.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from persistence.records import Cost, Used

log = logging.getLogger(__name__)

_SIZE_DIGITS = 8
"""Digits of the size before the rows: the end of an earlier, longer text may still follow a shorter one."""
_NEW = ".new"
_MEMORY = Path("/dev/shm")
"""Linux keeps this folder in memory. On a busy disk, the same write was seen to take 0.4 s."""


def _parent_folder() -> Path:
    return _MEMORY if os.access(_MEMORY, os.W_OK) else Path(tempfile.gettempdir())


class CostFolder:
    """The folder of all workers of one store, under one user on one machine."""

    def __init__(self, store: str) -> None:
        """`store` is the store's address."""
        name = hashlib.sha256(store.encode()).hexdigest()[:16]
        self.path = _parent_folder() / f"baton-costs-{os.getuid()}-{name}"

    def new_file(self, job: str) -> CostFile | None:
        """Make a job's file. None if that fails: then a killed process loses the costs of its last second."""
        try:
            self.path.mkdir(mode=0o700, exist_ok=True)
            return CostFile(self.path / job)
        except OSError as error:
            log.warning("costs are kept in the store alone", extra={"error": error.strerror})
            return None

    def files(self) -> Sequence[Path]:
        """Return the files of all processes, alive or not. Blocks."""
        try:
            return [path for path in self.path.iterdir() if path.suffix != _NEW]
        except OSError:
            return []


class CostFile:
    """One process's file. A write takes some microseconds; on a system with `_MEMORY` it reaches no disk."""

    def __init__(self, path: Path) -> None:
        """Make and lock the file. Raises: OSError."""
        self._path = path
        new = path.with_suffix(_NEW)
        self._handle = os.open(new, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self.write([])
        new.rename(path)  # visible only now: locked, and not empty

    def write(self, rows: Sequence[Cost]) -> None:
        """Write in one system call, which a kill does not interrupt."""
        text = json.dumps([asdict(row) for row in rows]).encode()
        os.pwrite(self._handle, f"{len(text):0{_SIZE_DIGITS}}".encode() + text, 0)

    def close(self, *, remove: bool) -> None:
        if remove:
            self._path.unlink(missing_ok=True)
        os.close(self._handle)


@dataclass(frozen=True, slots=True)
class LeftCosts:
    """The rows of a process that has ended."""

    path: Path
    rows: Sequence[Cost]
    _handle: int

    def close(self, *, remove: bool) -> None:
        """`remove`: also delete the file, because its rows are written elsewhere."""
        if remove:
            self.path.unlink(missing_ok=True)
        os.close(self._handle)


def taken(path: Path) -> LeftCosts | None:
    """Return the file's rows if its process has ended, locked until they are closed. Blocks."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        text = os.read(handle, os.fstat(handle).st_size)
        size = int(text[:_SIZE_DIGITS])
        rows = [_cost(row) for row in json.loads(text[_SIZE_DIGITS : _SIZE_DIGITS + size])]
    except (OSError, ValueError):  # its process is alive, or the file is not ours
        os.close(handle)
        return None
    return LeftCosts(path, rows, handle)


def _cost(row: dict[str, Any]) -> Cost:
    return Cost(**{**row, "used": Used(**row["used"])})
