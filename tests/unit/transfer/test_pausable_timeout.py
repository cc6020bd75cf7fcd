"""A timeout that can be paused while an operator thinks."""

from __future__ import annotations

import asyncio

import pytest

from transfer.holder.pausable_timeout import PausableTimeout

pytestmark = pytest.mark.looptime


def now() -> float:
    return asyncio.get_running_loop().time()


async def test_it_passes_after_its_time() -> None:
    await PausableTimeout(30).passed()
    assert now() == pytest.approx(30)


async def test_while_it_stands_still_no_time_is_used() -> None:
    limit = PausableTimeout(30)
    passed = asyncio.create_task(limit.passed())
    for _ in range(3):
        await asyncio.sleep(5)
        with limit.paused():
            await asyncio.sleep(100)
    await passed
    assert now() == pytest.approx(330)


async def test_it_begins_anew() -> None:
    limit = PausableTimeout(30)
    passed = asyncio.create_task(limit.passed())
    await asyncio.sleep(20)
    limit.restart()
    await passed
    assert now() == pytest.approx(50)
