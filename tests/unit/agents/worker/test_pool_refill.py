"""When the pool of warm processes is refilled, under virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from agents.worker.pool_refill import delay_refill

pytestmark = [pytest.mark.looptime, pytest.mark.fault("A6")]

IDLE = 2


class Pool:
    """The part of LiveKit's ProcPool that is used."""

    def __init__(self) -> None:
        self.target_idle_processes = IDLE
        self.launched: Callable[[object], None] = lambda _: None

    def on(self, event: str, callback: Callable[..., Any], /) -> None:
        assert event == "process_job_launched"
        self.launched = callback

    def set_target_idle_processes(self, num_idle_processes: int, /) -> None:
        self.target_idle_processes = num_idle_processes


async def test_the_pool_is_refilled_a_moment_after_a_call_has_started() -> None:
    pool = Pool()
    delay_refill(pool, lambda: IDLE)
    pool.launched(object())
    assert pool.target_idle_processes == 0
    await asyncio.sleep(0.5)
    assert pool.target_idle_processes == 0
    await asyncio.sleep(0.3)
    assert pool.target_idle_processes == IDLE


async def test_calls_in_quick_succession_do_not_postpone_the_refill() -> None:
    pool = Pool()
    delay_refill(pool, lambda: IDLE)
    for _ in range(4):
        pool.launched(object())
        await asyncio.sleep(0.2)
    assert pool.target_idle_processes == IDLE
    pool.launched(object())
    assert pool.target_idle_processes == 0, "the next call starts a new delay"
