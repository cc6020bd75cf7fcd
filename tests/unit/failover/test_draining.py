"""A draining worker: which calls it hands to another one, and when."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from failover.draining import Draining
from persistence.contract.handoffs import Outcome
from persistence.contract.store import Store
from persistence.records import DEPLOY, HandoffState, RequestKind, WorkerId
from persistence.sqlite import open_store
from settings import WorkerSettings
from tests.contract.building import (
    CALL,
    FIRST,
    FRONT_DESK,
    HOLDER,
    START,
    TARGET,
    WORKER,
    a_call,
    a_handoff,
    brought_to,
)
from tests.support.database import make_database

pytestmark = pytest.mark.fault("A8")

OTHER = WorkerId("worker-2")
SETTINGS = WorkerSettings.model_construct(drain_limit_s=100.0, hand_over_after_s=20.0)


class SetClock:
    def __init__(self) -> None:
        self.passed_s = 0.0

    def now_ms(self) -> int:
        return START + round(self.passed_s * 1000)


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
async def store(tmp_path: Path, clock: SetClock) -> AsyncIterator[Store]:
    make_database(tmp_path / "baton.db")
    async with open_store(tmp_path / "baton.db", now_ms=clock.now_ms) as opened:
        yield opened


@pytest.fixture
def draining(store: Store, clock: SetClock) -> Draining:
    return Draining(store, clock, SETTINGS, WORKER)


async def another_runs(store: Store, *, draining: bool = False, until_s: int = 1_000) -> None:
    await store.keep_lease(OTHER, "host", lease_s=until_s, draining=draining)


async def polls(draining: Draining, clock: SetClock, *moments_s: float) -> None:
    for clock.passed_s in moments_s:
        await draining.poll()


async def test_a_long_call_is_handed_to_another_worker_once_and_in_its_own_role(
    store: Store, clock: SetClock, draining: Draining
) -> None:
    await store.open_call(a_call())
    await another_runs(store)
    await polls(draining, clock, 0, 10, 19.5)
    assert not await store.handoffs(call_id=CALL)
    await polls(draining, clock, 20, 20.5, 21)
    (row,) = await store.handoffs(call_id=CALL)
    assert (row.state, row.from_job, row.target) == (HandoffState.REQUESTED, HOLDER, FRONT_DESK)
    assert row.requested_by == DEPLOY


@pytest.mark.parametrize(("is_draining", "until_s"), [(True, 1_000), (False, 10)])
async def test_a_call_stays_if_no_other_worker_takes_calls(
    store: Store, clock: SetClock, draining: Draining, is_draining: bool, until_s: int
) -> None:
    await store.open_call(a_call())
    await another_runs(store, draining=is_draining, until_s=until_s)
    await polls(draining, clock, 0, 21, 50)
    assert not await store.handoffs(call_id=CALL)


async def test_an_open_handoff_is_finished_first(store: Store, clock: SetClock, draining: Draining) -> None:
    await another_runs(store)
    row = await brought_to(store, HandoffState.ACCEPTED)
    await polls(draining, clock, 0, 21)
    assert [each.id for each in await store.handoffs(call_id=CALL)] == [row.id]
    await store.complete(row.id, FIRST, TARGET, at=START)
    await polls(draining, clock, 22)
    newest, _ = await store.handoffs(call_id=CALL)
    assert newest.target == row.target, "its new holder, still on this worker"


async def test_a_call_that_has_used_up_its_handoffs_is_still_handed_to_another_worker(
    store: Store, clock: SetClock, draining: Draining
) -> None:
    await store.open_call(a_call())
    for number in range(5):
        row = await store.request_handoff(
            a_handoff(handoff_id=f"handoff-{number}", key=f"key-{number}"), at_most=5
        )
        back = Outcome(HandoffState.CANCELLED, "taken back")
        await store.end_handoff(row.id, back, attempt_id=None, actor="an operator", at=START)
    await another_runs(store)
    await polls(draining, clock, 0, 21)
    assert (await store.handoffs(call_id=CALL))[0].requested_by == DEPLOY


async def test_a_caller_who_remains_near_the_limit_is_told_goodbye_once(
    store: Store, clock: SetClock, draining: Draining
) -> None:
    await store.open_call(a_call())
    await polls(draining, clock, 0, 87)
    assert not await store.requests(CALL)
    await polls(draining, clock, 89, 90)
    (request,) = await store.requests(CALL)
    assert (request.kind, request.requested_by) == (RequestKind.END, DEPLOY)
