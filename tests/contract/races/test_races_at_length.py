"""Two moves at the same moment, again and again: the races that concurrent writers lose without a lock."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from errors import StoreRefused
from persistence.contract.store import Store
from persistence.records import AttemptId, CallEnd, CallId, HandoffId, HandoffState, JobId, WorkerId
from tests.contract.building import (
    FRONT_DESK,
    HOLDER,
    START,
    TARGET,
    WORKER,
    a_call,
    a_handoff,
    an_attempt,
)

NEXT = JobId("job-next")
Race = Callable[[Store, Store, str], Awaitable[None]]


async def both(*moves: Awaitable[object]) -> list[bool]:
    """Make the moves at once, and return which of them won; the others must be refused."""
    results = await asyncio.gather(*moves, return_exceptions=True)
    for result in results:
        assert not isinstance(result, BaseException) or isinstance(result, StoreRefused), result
    return [not (result is False or isinstance(result, StoreRefused)) for result in results]


async def opened(store: Store, name: str) -> CallId:
    return (await store.open_call(a_call(call_id=f"call-{name}", room=f"room-{name}"))).id


async def accepted(store: Store, call: CallId, name: str) -> tuple[HandoffId, AttemptId]:
    handoff = await store.request_handoff(a_handoff(handoff_id=f"h-{name}", call_id=call), at_most=5)
    attempt = an_attempt(AttemptId(f"a-{name}"), handoff_id=handoff.id)
    await store.begin_attempt(attempt, previous=None, actor=HOLDER)
    await store.claim_attempt(handoff.id, attempt.id, TARGET, worker=WORKER, at=START)
    await store.accept(handoff.id, attempt.id, TARGET, at=START)
    return handoff.id, attempt.id


async def two_open_a_call_in_one_room(store: Store, other: Store, name: str) -> None:
    one = a_call(call_id=f"one-{name}", room=f"room-{name}")
    another = a_call(call_id=f"another-{name}", room=f"room-{name}", job=NEXT)
    first, second = await asyncio.gather(store.open_call(one), other.open_call(another))
    assert first == second


async def a_handoff_is_requested_while_the_call_ends(store: Store, other: Store, name: str) -> None:
    call = await opened(store, name)
    handoff = a_handoff(handoff_id=f"h-{name}", call_id=call)
    _, ended = await both(
        store.request_handoff(handoff, at_most=5),
        other.end_call(call, CallEnd.CALLER_LEFT, job=HOLDER, at=START),
    )
    assert ended
    for row in await store.handoffs(call_id=call):
        assert row.state is HandoffState.ABANDONED


async def a_call_is_recovered_while_its_target_completes(store: Store, other: Store, name: str) -> None:
    call = await opened(store, name)
    handoff, attempt = await accepted(store, call, name)
    await store.mark_lost(call, job=HOLDER, of=WORKER, by=WORKER, at=START)
    recovered, completed = await both(
        store.recover_call(call, job=HOLDER, by=NEXT, role=FRONT_DESK, worker=WorkerId("w"), at=START),
        other.complete(handoff, attempt, TARGET, at=START),
    )
    assert recovered != completed, "never two agents that talk"
    row = await store.call(call)
    assert row is not None
    assert row.holder_job == (NEXT if recovered else TARGET)


async def a_target_completes_while_the_call_ends(store: Store, other: Store, name: str) -> None:
    call = await opened(store, name)
    handoff, attempt = await accepted(store, call, name)
    completed, ended = await both(
        store.complete(handoff, attempt, TARGET, at=START),
        other.end_call(call, CallEnd.CALLER_LEFT, job=HOLDER, at=START),
    )
    assert completed != ended
    row = await store.handoff(handoff)
    assert row is not None
    assert row.state is (HandoffState.COMPLETED if completed else HandoffState.ABANDONED)


async def two_turns_are_said(store: Store, other: Store, name: str) -> None:
    call = await opened(store, name)
    await asyncio.gather(
        store.append_turn(call, "caller", "one", started_at=START, ended_at=START),
        other.append_turn(call, "billing", "another", started_at=START, ended_at=START),
    )
    assert [turn.seq for turn in await store.turns(call)] == [1, 2]


async def a_caller_comes_back_while_another_opens_the_room(store: Store, other: Store, name: str) -> None:
    call = await opened(store, name)
    await store.end_call(call, CallEnd.CALLER_LEFT, job=HOLDER, at=START)
    new = a_call(call_id=f"new-{name}", room=f"room-{name}", job=NEXT, at=START + 1)
    await both(
        store.reopen_call(call, job=HOLDER, worker=WORKER, since=START, at=START + 1), other.open_call(new)
    )
    assert await store.open_call_in(f"room-{name}") is not None


RACES: list[Race] = [
    two_open_a_call_in_one_room,
    a_handoff_is_requested_while_the_call_ends,
    a_call_is_recovered_while_its_target_completes,
    a_target_completes_while_the_call_ends,
    two_turns_are_said,
    a_caller_comes_back_while_another_opens_the_room,
]


@pytest.mark.parametrize("rounds", [10, pytest.param(200, marks=pytest.mark.long)])
@pytest.mark.parametrize("race", RACES, ids=lambda race: race.__name__)
async def test_a_race_has_one_winner_each_time(store: Store, other: Store, race: Race, rounds: int) -> None:
    for number in range(rounds):
        await race(store, other, f"{number}")
