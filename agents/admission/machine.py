"""Measures the machine once a second: processor, event loop and memory, also inside a container."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import fmean

import psutil
from livekit.agents.utils.hw import get_cpu_monitor

from agents.admission.room_for_calls import MachineLoad

_SAMPLES = 3
_CPU_INTERVAL_S = 1.0
_TICK_S = 0.1
_LAG_TICKS = 20
_CGROUP = Path("/sys/fs/cgroup")


class Machine:
    """`load` is None until something was measured."""

    def __init__(self) -> None:
        self._cpu = get_cpu_monitor()
        self._busy: deque[float] = deque(maxlen=_SAMPLES)
        self._lag: deque[float] = deque(maxlen=_LAG_TICKS)
        self._measured: MachineLoad | None = None

    def load(self) -> MachineLoad | None:
        """Return the mean processor use of the last 3 s, the worst lag of the last 2 s, and the memory."""
        lag = list(self._lag)
        return self._measured and replace(self._measured, lag_s=max(lag, default=0.0))

    @contextmanager
    def measuring(self) -> Iterator[None]:
        """Measure while the block lasts: in a thread, because it sleeps and reads files."""
        over = threading.Event()

        def measure() -> None:
            while not over.is_set():
                self._busy.append(self._cpu.cpu_percent(_CPU_INTERVAL_S))
                self._measured = MachineLoad(self._cpu.cpu_count(), fmean(self._busy), 0.0, free_memory())

        threading.Thread(target=measure, name="machine", daemon=True).start()  # nothing waits for it
        try:
            yield
        finally:
            over.set()

    async def measure_lag(self) -> None:
        clock = asyncio.get_running_loop()
        while True:
            began = clock.time()
            await asyncio.sleep(_TICK_S)
            self._lag.append(clock.time() - began - _TICK_S)


def free_memory(cgroup: Path = _CGROUP) -> int:
    """Return the bytes that programs may still take, of the machine or, if less, of the container."""
    free = int(psutil.virtual_memory().available)
    try:
        most, used = _number(cgroup / "memory.max"), _number(cgroup / "memory.current")
        stat = dict(line.split() for line in (cgroup / "memory.stat").read_text().splitlines())
        return min(free, most - used + int(stat.get("inactive_file", 0)))  # files' pages can be dropped
    except (OSError, ValueError):  # no container, or no limit: "max"
        return free


def _number(path: Path) -> int:
    return int(path.read_text())
