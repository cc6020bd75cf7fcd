from __future__ import annotations

import asyncio
from typing import cast

import pytest

from failover.grace_period import HEAD_START_S, let_target_go_first
from persistence.contract.handoffs import Outcome, Store
from persistence.records import AttemptId, HandoffState
from tests.contract.building import CALL, brought_to
from tests.support.fakes import START, Steps
from tests.support.handoff_world import HANDOFF, HOLDER
from tests.support.memory_store import MemoryStore

pytestmark = pytest.mark.looptime


async def waited_s(store: MemoryStore) -> float:
    loop = asyncio.get_running_loop()
    begun = loop.time()
    await let_target_go_first(store, CALL)
    return loop.time() - begun


@pytest.mark.fault("A6")
async def test_an_accepted_target_is_let_take_over_first() -> None:
    store = MemoryStore(Steps())
    handoff = await brought_to(cast(Store, store), HandoffState.ACCEPTED)
    first = asyncio.create_task(waited_s(store))
    await asyncio.sleep(0.2)
    assert not first.done()
    assert handoff.target_job is not None
    await store.complete(handoff.id, AttemptId(str(handoff.attempt_id)), handoff.target_job, at=START)
    assert 0.2 <= await first <= 0.3


@pytest.mark.fault("A6")
async def test_one_that_does_not_is_waited_for_no_longer_than_its_head_start() -> None:
    store = MemoryStore(Steps())
    await brought_to(cast(Store, store), HandoffState.ACCEPTED)
    assert await waited_s(store) == pytest.approx(HEAD_START_S)


async def test_nobody_is_waited_for_before_a_target_has_said_yes_or_after_the_end() -> None:
    store = MemoryStore(Steps())
    await brought_to(cast(Store, store), HandoffState.BRIEFING)
    assert await waited_s(store) == 0
    ended = Outcome(HandoffState.FAILED, "so")
    await store.end_handoff(HANDOFF, ended, attempt_id=None, actor=HOLDER, at=START)
    assert await waited_s(store) == 0
