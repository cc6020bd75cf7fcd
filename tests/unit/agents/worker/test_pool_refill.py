"""When warm processes that were taken are replaced, under virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from agents.worker.pool_refill import put_off_replacing

pytestmark = [pytest.mark.looptime, pytest.mark.fault("A6")]

IDLE = 2


class Pool:
    """LiveKit's, as far as it is asked."""

    def __init__(self) -> None:
        self.target_idle_processes = IDLE
        self.launched: Callable[[object], None] = lambda _: None

    def on(self, event: str, callback: Callable[..., Any], /) -> None:
        assert event == "process_job_launched"
        self.launched = callback

    def set_target_idle_processes(self, num_idle_processes: int, /) -> None:
        self.target_idle_processes = num_idle_processes


async def test_none_is_replaced_while_a_caller_waits_and_all_are_soon_after() -> None:
    pool = Pool()
    put_off_replacing(pool)
    pool.launched(object())
    assert pool.target_idle_processes == 0
    await asyncio.sleep(0.5)
    assert pool.target_idle_processes == 0
    await asyncio.sleep(0.3)
    assert pool.target_idle_processes == IDLE


async def test_calls_that_come_one_after_the_other_do_not_put_it_off_further() -> None:
    pool = Pool()
    put_off_replacing(pool)
    for _ in range(4):
        pool.launched(object())
        await asyncio.sleep(0.2)
    assert pool.target_idle_processes == IDLE
    pool.launched(object())
    assert pool.target_idle_processes == 0, "the next one begins again"
