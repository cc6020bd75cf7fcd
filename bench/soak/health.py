"""How the worker's parent is: memory, open files, processes; and whether the machine is at its limit."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import psutil

_BUSY_PERCENT = 90.0
_LOOK_S = 0.5
_LONGEST_S = 15.0


@dataclass(frozen=True, slots=True)
class Health:
    """Of the parent by itself; `processes` are those under it."""

    memory_mb: float
    open_files: int
    processes: int


def look(pid: int) -> Health:
    parent = psutil.Process(pid)
    with parent.oneshot():
        return Health(
            memory_mb=round(parent.memory_info().rss / 2**20, 1),
            open_files=parent.num_fds(),
            processes=len(parent.children(recursive=True)),
        )


async def has_room() -> None:
    """Wait until the machine is not busy any more, but not for ever: others may use it too."""
    psutil.cpu_percent()
    for _ in range(round(_LONGEST_S / _LOOK_S)):
        await asyncio.sleep(_LOOK_S)
        if psutil.cpu_percent() < _BUSY_PERCENT:
            return
