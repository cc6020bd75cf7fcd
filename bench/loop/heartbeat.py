"""A heartbeat every 5 ms on the measured event loop, and how late the loop handles it. Linux only.

The kernel's timer sets the beat: an event loop's own timers are late by up to a millisecond by themselves.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

BEAT_S = 0.005
BEAT, WRITE = "beat", "write"
"""Kinds of records. A beat's value is when it was due; a write's value is how many seconds it took."""

Beat = tuple[float, float]
"""When a beat was due, and when the loop handled it, in seconds of the monotonic clock."""


class Recorder:
    """Appends `kind at value` lines to a file, unbuffered, so that they outlive a killed process."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab", buffering=0)

    def close(self) -> None:
        self._file.close()

    def record(self, kind: str, *values: float) -> None:
        now = time.monotonic()
        self._file.write("".join(f"{kind} {now:.6f} {value:.6f}\n" for value in values).encode())

    @contextmanager
    def write(self) -> Iterator[None]:
        """Time a write to the database; record nothing if it fails."""
        begun_at = time.monotonic()
        yield
        self.record(WRITE, time.monotonic() - begun_at)

    @contextmanager
    def heartbeat(self) -> Iterator[None]:
        """Record every beat that was due, with the moment at which the running loop handled it."""
        loop, timer, due = asyncio.get_running_loop(), _timer(), time.monotonic()

        def beat() -> None:
            nonlocal due
            count = int.from_bytes(os.read(timer, 8), "little")  # all beats since the last reading
            self.record(BEAT, *(due + number * BEAT_S for number in range(1, count + 1)))
            due += count * BEAT_S

        loop.add_reader(timer, beat)
        try:
            yield
        finally:
            loop.remove_reader(timer)
            os.close(timer)


def _timer() -> int:
    """Return a descriptor that is readable every BEAT_S. Python's own os.timerfd_create needs 3.13."""
    libc = ctypes.CDLL(None, use_errno=True)
    timer = int(libc.timerfd_create(time.CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC))
    interval_and_first = (ctypes.c_long * 4)(0, round(BEAT_S * 1e9), 0, round(BEAT_S * 1e9))
    if timer < 0 or libc.timerfd_settime(timer, 0, interval_and_first, None) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return timer


def read_records(text: str, kind: str) -> list[tuple[float, float]]:
    """Return all (value, at) of a kind. A last line without its end is ignored."""
    lines = (line.split(" ") for line in text.split("\n")[:-1])
    return [(float(value), float(at)) for found, at, value in lines if found == kind]


def lags_ms(beats: Sequence[Beat], start: float, end: float) -> list[float]:
    """Return a lag for every beat due between `start` and `end`. Missing beats count as late until `end`."""
    found = [(at - due) * 1000 for due, at in beats if start <= due <= end]
    missing_from = max([start - BEAT_S, *(due for due, _ in beats)]) + BEAT_S
    missing = max(0, round((end - missing_from) / BEAT_S))
    return found + [(end - missing_from - number * BEAT_S) * 1000 for number in range(missing)]


def longest_without_beat_s(beats: Sequence[Beat], start: float, end: float) -> float:
    """Return the longest time between `start` and `end` in which the loop handled no beat."""
    inside = [at for _, at in beats if start <= at <= end]
    return max(two - one for one, two in pairwise([start, *inside, end]))
