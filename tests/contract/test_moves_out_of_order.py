"""Moves that come late, twice, or out of order: each counts only from the state that it starts from."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from itertools import permutations

import pytest

from errors import StaleHandoff
from persistence.contract.handoffs import Outcome
from persistence.contract.store import Store
from persistence.records import CallEnd, Event, Handoff, HandoffState
from tests.contract.building import (
    BILLING,
    CALL,
    FIRST,
    HANDOFF,
    HOLDER,
    SECOND,
    START,
    TARGET,
    UNREACHED,
    WORKER,
    an_attempt,
    requested,
)
from transfer.states import TERMINAL

pytestmark = pytest.mark.fault("C6")

Step = Callable[[Store], Awaitable[object]]


def the_way(attempt: str) -> dict[str, Step]:
    """Return the steps of an attempt that succeeds, in their order."""
    first = attempt == FIRST
    begun = an_attempt(FIRST if first else SECOND)
    return {
        "begin": lambda store: store.begin_attempt(
            begun, previous=None if first else UNREACHED, actor=HOLDER
        ),
        "claim": lambda store: store.claim_attempt(HANDOFF, begun.id, TARGET, worker=WORKER, at=START),
        "accept": lambda store: store.accept(HANDOFF, begun.id, TARGET, at=START),
        "complete": lambda store: store.complete(HANDOFF, begun.id, TARGET, at=START),
    }


WAY = the_way(FIRST)
ORDERS = list(permutations(WAY))


async def took(store: Store, step: Step) -> bool:
    try:
        await step(store)
    except StaleHandoff:
        return False
    return True


async def moves(store: Store) -> Sequence[tuple[str | None, str]]:
    events = [event for event in await store.events() if event.kind == "handoff"]
    return [(event.moved_from, event.moved_to) for event in events][1:]


async def seen(store: Store) -> tuple[Handoff | None, Sequence[object], Sequence[Event], object]:
    return (
        await store.handoff(HANDOFF),
        await store.attempts(HANDOFF),
        await store.events(),
        await store.call(CALL),
    )


@pytest.mark.parametrize("order", ORDERS, ids=" ".join)
async def test_in_any_order_a_step_counts_only_after_the_one_before(
    store: Store, order: Sequence[str]
) -> None:
    await requested(store)
    due = iter(WAY)
    expected, awaited = [], next(due)
    for name in order:
        fits = name == awaited
        assert await took(store, WAY[name]) == fits
        if fits:
            expected.append(name)
            awaited = next(due, "")
    assert len(await moves(store)) == len(expected)
    call = await store.call(CALL)
    assert call is not None
    assert (call.holder_role == BILLING) == (len(expected) == len(WAY))


async def test_what_is_told_twice_counts_once(store: Store, other: Store) -> None:
    await requested(store)
    for step in WAY.values():
        assert await took(store, step)
        before = await seen(store)
        assert not await took(other, step)
        assert await seen(store) == before


@pytest.mark.parametrize("late", WAY)
async def test_what_the_first_target_tells_after_it_was_given_up_counts_for_nothing(
    store: Store, late: str
) -> None:
    await requested(store)
    for name, step in WAY.items():
        if name == late:
            break
        await step(store)
    if late == "begin":
        await WAY["begin"](store)
    second = the_way(SECOND)
    await second["begin"](store)
    before = await seen(store)
    assert not await took(store, WAY[late])
    assert await seen(store) == before
    for name in ("claim", "accept", "complete"):
        await second[name](store)
    assert [row.outcome for row in await store.attempts(HANDOFF)] == ["unanswered", "completed"]


@pytest.mark.parametrize("end", sorted(TERMINAL - {HandoffState.COMPLETED}))
async def test_what_comes_after_the_end_changes_nothing(store: Store, end: HandoffState) -> None:
    await requested(store)
    await WAY["begin"](store)
    if end is HandoffState.DECLINED:
        await WAY["claim"](store)
    ended = Outcome(end, "so")
    await store.end_handoff(HANDOFF, ended, attempt_id=FIRST, actor=HOLDER, at=START)
    before = await seen(store)
    late: list[Step] = [*WAY.values(), *the_way(SECOND).values(), partial(_end, ended=ended)]
    for step in late:
        assert not await took(store, step)
    assert await seen(store) == before


async def test_hanging_up_twice_and_late_is_one_end_of_the_call(store: Store, other: Store) -> None:
    await requested(store)
    for step in WAY.values():
        await step(store)
    assert not await other.end_call(CALL, CallEnd.CALLER_LEFT, job=HOLDER, at=START), "the old holder, late"
    assert await store.end_call(CALL, CallEnd.CALLER_LEFT, job=TARGET, at=START)
    before = await seen(store)
    assert not await other.end_call(CALL, CallEnd.CALLER_LEFT, job=TARGET, at=START)
    assert await seen(store) == before


async def _end(store: Store, *, ended: Outcome) -> Handoff:
    return await store.end_handoff(HANDOFF, ended, attempt_id=FIRST, actor=HOLDER, at=START)
