"""The worker's parent: its memory, files, processes and tasks; and whether the machine is overloaded."""

from __future__ import annotations

import asyncio
import json
import signal
from dataclasses import dataclass

import psutil

from local.processes import Program

_BUSY_PERCENT = 90.0
_LOOK_S = 0.5
_LONGEST_S = 15.0
_ANSWER_LIMIT_S = 5.0


@dataclass(frozen=True, slots=True)
class Health:
    """The parent's own figures, and the number of `processes` below it."""

    memory_mb: float
    open_files: int
    processes: int
    tasks: int | None  # as the parent's log says; None if it does not


async def look(worker: Program) -> Health:
    tasks = await _tasks(worker)
    parent = psutil.Process(worker.pid)
    with parent.oneshot():
        return Health(
            memory_mb=round(parent.memory_info().rss / 2**20, 1),
            open_files=parent.num_fds(),
            processes=len(parent.children(recursive=True)),
            tasks=tasks,
        )


async def _tasks(worker: Program) -> int | None:
    """Return the parent's number of tasks, from the status that it logs at SIGUSR1."""
    size = worker.log.stat().st_size
    worker.send(signal.SIGUSR1)
    for _ in range(round(_ANSWER_LIMIT_S / _LOOK_S)):
        await asyncio.sleep(_LOOK_S)
        with worker.log.open("rb") as log:
            log.seek(size)
            for line in log.read().splitlines():
                if b"worker status" in line:
                    return int(json.loads(line)["tasks"])
    return None


async def has_room() -> None:
    """Wait until the machine is less busy, at most 15 s: other programs may use it too."""
    psutil.cpu_percent()
    for _ in range(round(_LONGEST_S / _LOOK_S)):
        await asyncio.sleep(_LOOK_S)
        if psutil.cpu_percent() < _BUSY_PERCENT:
            return
