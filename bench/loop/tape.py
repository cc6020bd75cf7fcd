"""What a measured process writes down as it runs: beats, writes, errors.

All but the last moment is there, whatever becomes of the process. A line is `KIND AT_S VALUE`; AT_S is of the
monotonic clock, which is one for all processes of a machine.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

BEAT = "beat"
"""AT_S: when the loop got to it. VALUE: when it was due, on the same clock."""
WRITE = "write"
"""AT_S: when it was committed. VALUE: seconds since it was asked for."""
ERROR = "error"
"""VALUE: what the database said, without blanks."""
LOCKED = "locked"
"""An ERROR's value: SQLite's "database is locked"."""

BEHIND_S = 0.05
"""How far what is written is behind what has happened."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A line of a tape."""

    kind: str
    at: float
    value: str


class Tape:
    """Kept in memory, and written by a thread: a disk that is busy holds up no event loop."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab", buffering=0)
        self._lines: deque[str] = deque()
        self._over = threading.Event()
        self._writer = threading.Thread(target=self._write, daemon=True)
        self._writer.start()

    def close(self) -> None:
        """Write what is left."""
        self._over.set()
        self._writer.join()
        self._file.close()

    def _write(self) -> None:
        is_over = False
        while not is_over:
            is_over = self._over.wait(BEHIND_S)
            lines = [self._lines.popleft() for _ in range(len(self._lines))]
            self._file.write("".join(lines).encode())

    def mark(self, kind: str, value: float | str) -> None:
        self._lines.append(f"{kind} {time.monotonic():.6f} {value}\n")

    def error(self, words: str) -> None:
        self.mark(ERROR, LOCKED if "locked" in words else words.replace(" ", "_"))

    @contextmanager
    def write(self) -> Iterator[None]:
        """A write to the database, from asking for it to its commit; nothing where it fails."""
        asked_at = time.monotonic()
        yield
        self.mark(WRITE, time.monotonic() - asked_at)


def read_tape(text: str) -> list[Mark]:
    """The whole lines of a tape: the last may have been broken off."""
    lines = text.split("\n")[:-1]
    marks = []
    for line in lines:
        kind, at, value = line.split(" ")
        marks.append(Mark(kind, float(at), value))
    return marks
