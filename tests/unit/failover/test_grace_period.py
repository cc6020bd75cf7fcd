"""How long a replacement waits for an accepted target, under virtual time."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from failover.grace_period import GRACE_PERIOD_S, await_accepted_target
from persistence.contract.handoffs import Outcome
from persistence.contract.store import Store
from persistence.records import AttemptId, HandoffState
from tests.contract.building import CALL, brought_to
from tests.support.fakes import START, Steps
from tests.support.handoff_world import HANDOFF, HOLDER
from tests.support.memory_store import MemoryStore

pytestmark = pytest.mark.looptime


async def waited_s(store: MemoryStore) -> float:
    loop = asyncio.get_running_loop()
    begun = loop.time()
    await await_accepted_target(store, CALL)
    return loop.time() - begun


@pytest.mark.fault("A6")
async def test_an_accepted_target_takes_over_first() -> None:
    store = MemoryStore(Steps())
    handoff = await brought_to(cast(Store, store), HandoffState.ACCEPTED)
    first = asyncio.create_task(waited_s(store))
    await asyncio.sleep(0.2)
    assert not first.done()
    assert handoff.target_job is not None
    await store.complete(handoff.id, AttemptId(str(handoff.attempt_id)), handoff.target_job, at=START)
    assert 0.2 <= await first <= 0.3


@pytest.mark.fault("A6")
async def test_a_target_that_does_not_take_over_costs_no_more_than_its_grace_period() -> None:
    store = MemoryStore(Steps())
    await brought_to(cast(Store, store), HandoffState.ACCEPTED)
    assert await waited_s(store) == pytest.approx(GRACE_PERIOD_S)


async def test_there_is_no_wait_before_a_target_has_accepted_nor_after_the_end() -> None:
    store = MemoryStore(Steps())
    await brought_to(cast(Store, store), HandoffState.BRIEFING)
    assert await waited_s(store) == 0
    ended = Outcome(HandoffState.FAILED, "so")
    await store.end_handoff(HANDOFF, ended, attempt_id=None, actor=HOLDER, at=START)
    assert await waited_s(store) == 0
