"""Delays refilling the pool of warm processes, so that the call that just started gets the CPU."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Literal, Protocol

_DELAY_S = 0.7
"""A replacement agent speaks within this time. Starting two processes takes 160 ms of CPU."""


class Pool(Protocol):
    """The part of LiveKit's ProcPool used here; a ProcPool cannot be made without a worker."""

    @property
    def target_idle_processes(self) -> int: ...

    def on(self, event: Literal["process_job_launched"], callback: Callable[..., Any], /) -> object: ...

    def set_target_idle_processes(self, num_idle_processes: int, /) -> None: ...


def delay_refill(pool: Pool, wanted: Callable[[], int]) -> None:
    """From now on, refill the pool `_DELAY_S` after a job has taken a process, to `wanted` processes.

    The delay runs from the first process taken: calls in quick succession do not postpone it further. A job
    that finds no warm process still gets a new one at once. LiveKit itself sets the pool's size only for
    workers with a load threshold, which ours does not have (`worker.py`).
    """
    refill: asyncio.TimerHandle | None = None

    def refill_now() -> None:
        nonlocal refill
        refill = None
        pool.set_target_idle_processes(wanted())

    def on_job_launched(_: object) -> None:
        nonlocal refill
        if refill is None:
            pool.set_target_idle_processes(0)
            refill = asyncio.get_running_loop().call_later(_DELAY_S, refill_now)

    pool.on("process_job_launched", on_job_launched)
