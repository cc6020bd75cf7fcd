"""Processor time and memory of a process with all its children."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

_ROW = re.compile(r"^(\w+):\s+(\d+) kB$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Used:
    """Processor seconds of each process, by its id, in a stretch of `over_s` seconds."""

    seconds: Mapping[int, float]
    over_s: float

    @property
    def cores(self) -> float:
        return sum(self.seconds.values()) / self.over_s


def tree(pid: int) -> Sequence[int]:
    """Return the process's id and those of all its descendants."""
    with suppress(psutil.NoSuchProcess):
        return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
    return []


def processor_s(pids: Sequence[int]) -> dict[int, float]:
    """Return the processor seconds so far of each process that still runs."""
    found = {}
    for pid in pids:
        with suppress(psutil.NoSuchProcess):
            times = psutil.Process(pid).cpu_times()
            found[pid] = times.user + times.system
    return found


@dataclass(frozen=True, slots=True)
class Memory:
    """A process's memory in MiB: its private memory, and that plus its share of memory used by several."""

    own_mib: float
    shared_out_mib: float


def memory_of(pid: int) -> Memory:
    """Read a process's memory. All 0 if the process has ended."""
    try:
        told = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return Memory(0.0, 0.0)
    found = {name: int(kib) / 1024 for name, kib in _ROW.findall(told)}
    own = found.get("Private_Clean", 0.0) + found.get("Private_Dirty", 0.0)
    return Memory(own, found.get("Pss", 0.0))


async def used_in(roots: Mapping[str, int], seconds: float) -> dict[str, Used]:
    """Return what each program and its children use in the next seconds. Processes that end are left out."""
    loop = asyncio.get_running_loop()
    before, began = {name: processor_s(tree(pid)) for name, pid in roots.items()}, loop.time()
    await asyncio.sleep(seconds)
    over_s = loop.time() - began
    found = {}
    for name, pid in roots.items():
        after = processor_s(tree(pid))
        used = {one: total - before[name].get(one, 0.0) for one, total in after.items()}
        found[name] = Used(used, over_s)
    return found


def busiest(used: Used, count: int) -> Sequence[int]:
    """Return the `count` processes that used the most: those that have calls."""
    return sorted(used.seconds, key=lambda pid: used.seconds[pid], reverse=True)[:count]
