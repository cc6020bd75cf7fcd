"""Two writers at every guarded move: exactly one wins, and the rows say who."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from errors import StoreRefused
from persistence.access import WATCHES, Operator
from persistence.contract.handoffs import Outcome
from persistence.contract.store import Store
from persistence.records import (
    AttemptId,
    CallEnd,
    Completes,
    HandoffId,
    HandoffState,
    JobId,
    OperatorRequest,
    RequestId,
    RequestKind,
    RequestState,
    RoleName,
    WorkerId,
)
from tests.contract.building import (
    BILLING,
    CALL,
    FIRST,
    FRONT_DESK,
    HANDOFF,
    HOLDER,
    OPERATOR,
    START,
    TARGET,
    TECHNICAL,
    UNREACHED,
    WORKER,
    a_call,
    a_handoff,
    an_attempt,
    brought_to,
)

REQUEST = RequestId("request-1")
EACH = 5

Prepare = Callable[[Store], Awaitable[object]]
Move = Callable[[Store, int], Awaitable[object]]
"""A move of the writer with this number. It returns a row or True if it wins."""


def at(state: HandoffState, completes: Completes = Completes.AUTO) -> Prepare:
    return lambda store: brought_to(store, state, completes=completes)


async def opened(store: Store) -> None:
    await store.open_call(a_call())


async def lost(store: Store) -> None:
    await opened(store)
    await store.mark_lost(CALL, job=HOLDER, of=WORKER, by=WORKER, at=START)


async def asked(store: Store) -> None:
    await opened(store)
    kind, words = RequestKind.SAY, "hello"
    await store.add_request(OperatorRequest(REQUEST, CALL, "room-1", kind, words, OPERATOR, "key-1", START))


async def known(store: Store) -> None:
    await add_operator(store, 0)


async def nothing(_: Store) -> None:
    """The move needs no row."""


def request_handoff(store: Store, n: int) -> Awaitable[object]:
    return store.request_handoff(a_handoff(handoff_id=f"handoff-{n}", key=f"key-{n}"), at_most=5)


def begin_first(store: Store, n: int) -> Awaitable[object]:
    return store.begin_attempt(an_attempt(AttemptId(f"attempt-{n}")), previous=None, actor=HOLDER)


def begin_second(store: Store, _: int) -> Awaitable[object]:
    # All begin the same attempt: with different ones, each would follow the other's.
    return store.begin_attempt(an_attempt(AttemptId("next")), previous=UNREACHED, actor=HOLDER)


def claim(store: Store, n: int) -> Awaitable[object]:
    return store.claim_attempt(HANDOFF, FIRST, JobId(f"job-{n}"), worker=WORKER, at=START)


def accept(store: Store, _: int) -> Awaitable[object]:
    return store.accept(HANDOFF, FIRST, TARGET, at=START)


def complete(store: Store, _: int) -> Awaitable[object]:
    return store.complete(HANDOFF, FIRST, TARGET, at=START)


def cancel(store: Store, n: int) -> Awaitable[object]:
    outcome = Outcome(HandoffState.CANCELLED, f"writer {n}")
    return store.end_handoff(HANDOFF, outcome, attempt_id=None, actor=OPERATOR, at=START)


def approve(store: Store, n: int) -> Awaitable[object]:
    return store.approve_handoff(HANDOFF, by=f"operator {n}", at=START)


def redirect(store: Store, n: int) -> Awaitable[object]:
    return store.redirect_handoff(HANDOFF, TECHNICAL, by=f"operator {n}", at=START)


def end_call(store: Store, _: int) -> Awaitable[object]:
    return store.end_call(CALL, CallEnd.GOODBYE, job=HOLDER, at=START)


def take_request(store: Store, _: int) -> Awaitable[object]:
    return store.take_request(REQUEST, HOLDER)


def end_request(store: Store, n: int) -> Awaitable[object]:
    return store.end_request(REQUEST, RequestState.DONE, reason=f"writer {n}", actor=HOLDER, at=START)


def mark_lost(store: Store, n: int) -> Awaitable[object]:
    return store.mark_lost(CALL, job=HOLDER, of=WORKER, by=WorkerId(f"finder-{n}"), at=START)


def recover_call(store: Store, n: int) -> Awaitable[object]:
    by, worker = JobId(f"job-{n}"), WorkerId(f"worker-{n}")
    return store.recover_call(CALL, job=HOLDER, by=by, role=FRONT_DESK, worker=worker, at=START)


def close_lost(store: Store, _: int) -> Awaitable[object]:
    return store.close_lost(CALL, CallEnd.FAILED, by=WORKER, at=START)


def add_operator(store: Store, n: int) -> Awaitable[object]:
    return store.add_operator(Operator("ann", WATCHES, f"hash-{n}", START))


def revoke_operator(store: Store, _: int) -> Awaitable[object]:
    return store.revoke_operator("ann", at=START)


S = HandoffState
ALONE: dict[Move, Prepare] = {
    request_handoff: opened,
    begin_first: at(S.REQUESTED),
    begin_second: at(S.DISPATCHING),
    claim: at(S.DISPATCHING),
    accept: at(S.BRIEFING),
    complete: at(S.ACCEPTED),
    cancel: at(S.BRIEFING),
    approve: at(S.ACCEPTED, Completes.OPERATOR),
    redirect: at(S.DISPATCHING),
    end_call: opened,
    take_request: asked,
    end_request: asked,
    mark_lost: opened,
    recover_call: lost,
    close_lost: lost,
    add_operator: nothing,
    revoke_operator: known,
}
"""Moves that race against themselves, each with what must exist first."""

RIVALS: list[tuple[Move, Move, Prepare]] = [
    (complete, cancel, at(S.ACCEPTED)),
    (complete, end_call, at(S.ACCEPTED)),
    (complete, redirect, at(S.ACCEPTED)),
    (complete, begin_second, at(S.ACCEPTED)),
    (accept, cancel, at(S.BRIEFING)),
    (claim, begin_second, at(S.DISPATCHING)),
    (approve, redirect, at(S.ACCEPTED, Completes.OPERATOR)),
    (end_call, mark_lost, opened),
    (recover_call, close_lost, lost),
    (begin_first, cancel, at(S.REQUESTED)),
]
"""Pairs of moves. One makes the other impossible, or comes before it."""


async def wins(*moves: Awaitable[object]) -> int:
    """Make the moves at once, and return how many won; all the others must be refused or return False."""
    results = await asyncio.gather(*moves, return_exceptions=True)
    losses = [result for result in results if result is False or isinstance(result, StoreRefused)]
    assert not [result for result in results if isinstance(result, BaseException) and result not in losses]
    return len(results) - len(losses)


def name(move: object) -> str:
    return getattr(move, "__name__", "")


@pytest.mark.parametrize("move", ALONE, ids=name)
async def test_of_two_writers_that_make_the_same_move_exactly_one_wins(
    store: Store, other: Store, move: Move
) -> None:
    await ALONE[move](store)
    moves = [move((store, other)[n % 2], n) for n in range(2 * EACH)]
    assert await wins(*moves) == 1
    assert await wins(move(store, 99)) == 0


@pytest.mark.parametrize(("one", "another", "prepare"), RIVALS, ids=name)
@pytest.mark.parametrize("first", [0, 1])
async def test_of_two_moves_from_one_state_the_second_is_refused(
    store: Store, other: Store, one: Move, another: Move, prepare: Prepare, first: int
) -> None:
    await prepare(store)
    stores = (store, other)
    won = await wins(one(stores[first], 1), another(stores[1 - first], 2))
    assert won >= 1
    await must_be_sound(store)


async def must_be_sound(store: Store) -> None:
    """Check that there is one end and one holder, whoever was first."""
    call = await store.call(CALL)
    assert call is not None
    handoff = await store.handoff(HANDOFF)
    if handoff is None:
        return
    events = await store.events(call_id=CALL)
    ends = [event for event in events if event.kind == "handoff" and event.moved_to in ENDS]
    assert len(ends) == (handoff.ended_at is not None)
    assert (call.holder_job == TARGET) == (handoff.state is S.COMPLETED)
    if call.ended_at is not None:
        assert handoff.ended_at is not None
    for attempt in await store.attempts(HANDOFF):
        assert (attempt.outcome is None) == (attempt.id == handoff.attempt_id and handoff.ended_at is None)


ENDS = {S.COMPLETED, S.DECLINED, S.UNANSWERED, S.FAILED, S.CANCELLED, S.ABANDONED}


async def test_turns_of_two_writers_are_numbered_without_a_gap(store: Store, other: Store) -> None:
    await opened(store)
    turns = await asyncio.gather(
        *(
            (store, other)[n % 2].append_turn(CALL, "caller", f"{n}", started_at=n, ended_at=n)
            for n in range(20)
        )
    )
    assert sorted(turn.seq for turn in turns) == list(range(1, 21))
    assert [turn.seq for turn in await store.turns(CALL)] == list(range(1, 21))


async def test_requests_of_one_moment_stay_in_the_order_in_which_they_were_made(
    store: Store, other: Store
) -> None:
    await opened(store)
    ids = [RequestId(f"request-{n}") for n in (7, 3, 9, 1, 5)]
    for n, request in enumerate(ids):
        row = OperatorRequest(request, CALL, "room-1", RequestKind.NOTE, "", OPERATOR, request, START)
        await (store, other)[n % 2].add_request(row)
    assert [request.id for request in await store.requests(CALL)] == ids


async def test_attempts_of_one_moment_stay_in_the_order_in_which_they_began(store: Store) -> None:
    handoff = await brought_to(store, S.REQUESTED)
    ids = [AttemptId(f"attempt-{n}") for n in (7, 3, 9)]
    for n, attempt in enumerate(ids):
        row = replace(an_attempt(attempt, handoff_id=HandoffId(handoff.id)), target=RoleName(BILLING))
        await store.begin_attempt(row, previous=UNREACHED if n else None, actor=HOLDER)
    assert [attempt.id for attempt in await store.attempts(HANDOFF)] == ids
