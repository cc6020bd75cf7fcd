"""Warm processes that were taken are replaced a little later: a caller is waiting for whoever took one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Literal, Protocol

_PUT_OFF_S = 0.7
"""Within this time an agent that goes on with a call is heard. Two new processes take 160 ms of processor."""


class Pool(Protocol):
    """What is needed of LiveKit's ProcPool."""

    @property
    def target_idle_processes(self) -> int: ...

    def on(self, event: Literal["process_job_launched"], callback: Callable[..., Any], /) -> object: ...

    def set_target_idle_processes(self, num_idle_processes: int, /) -> None: ...


def put_off_replacing(pool: Pool) -> None:
    """From now on. For a job that finds no warm process LiveKit starts one at once, as ever.

    LiveKit sets the pool's number itself where a worker's load has a threshold; ours has none (`worker.py`).

    The time runs from the first process taken, and not from the last: calls that come one after the other do
    not put it off further.
    """
    idle_processes = pool.target_idle_processes
    waiting: asyncio.TimerHandle | None = None

    def replace() -> None:
        nonlocal waiting
        waiting = None
        pool.set_target_idle_processes(idle_processes)

    def put_off(_: object) -> None:
        nonlocal waiting
        if waiting is None:
            pool.set_target_idle_processes(0)
            waiting = asyncio.get_running_loop().call_later(_PUT_OFF_S, replace)

    pool.on("process_job_launched", put_off)
