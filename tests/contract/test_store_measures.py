"""What every store tells of itself for metrics."""

from __future__ import annotations

import pytest

from persistence.contract.handoffs import Outcome, Store
from persistence.contract.metrics import CallOver, Failure, Move
from persistence.records import CallEnd, HandoffState, Trouble
from tests.contract.building import (
    BILLING,
    CALL,
    FIRST,
    HANDOFF,
    HOLDER,
    OPERATOR,
    START,
    TARGET,
    WORKER,
    a_call,
    a_handoff,
    an_attempt,
    brought_to,
    requested,
)

S = HandoffState


async def test_each_move_tells_how_long_the_state_before_it_lasted(store: Store) -> None:
    await requested(store)
    attempt = an_attempt()
    await store.begin_attempt(attempt, previous=None, actor=HOLDER)
    await store.claim_attempt(HANDOFF, FIRST, TARGET, worker=WORKER, at=START + 300)
    await store.accept(HANDOFF, FIRST, TARGET, at=START + 450)
    await store.complete(HANDOFF, FIRST, TARGET, at=START + 2_000)
    moves = await store.moves(after=0, limit=10)
    assert [(move.moved_from, move.moved_to, move.took_ms) for move in moves] == [
        (None, S.REQUESTED, None),
        (S.REQUESTED, S.DISPATCHING, 0),
        (S.DISPATCHING, S.BRIEFING, 300),
        (S.BRIEFING, S.ACCEPTED, 150),
        (S.ACCEPTED, S.COMPLETED, 1_550),
    ]
    assert {move.target for move in moves} == {BILLING}


async def test_moves_go_on_after_a_place_and_end_at_the_limit(store: Store) -> None:
    await brought_to(store, S.DECLINED)
    every = await store.moves(after=0, limit=10)
    assert await store.moves(after=0, limit=2) == every[:2]
    assert await store.moves(after=every[1].place, limit=10) == every[2:]
    assert not await store.moves(after=every[-1].place, limit=10)


async def test_two_handoffs_of_one_call_are_not_mixed_up(store: Store) -> None:
    await brought_to(store, S.UNANSWERED)
    second = a_handoff(handoff_id="handoff-2", key="key-2", at=START + 9_000)
    await store.request_handoff(second, at_most=5)
    await store.end_handoff(
        second.id, Outcome(S.CANCELLED, "so"), attempt_id=None, actor=OPERATOR, at=START + 9_500
    )
    assert [move.took_ms for move in (await store.moves(after=0, limit=10))[-2:]] == [None, 500]


async def test_a_call_that_ends_is_told_once_and_a_new_holder_is_no_end(store: Store) -> None:
    await brought_to(store, S.COMPLETED)
    assert not await store.calls_over(after=0, limit=10)
    await store.end_call(CALL, CallEnd.GOODBYE, job=TARGET, at=START + 5)
    (over,) = await store.calls_over(after=0, limit=10)
    assert over == CallOver(over.place, CallEnd.GOODBYE)
    assert not await store.calls_over(after=over.place, limit=10)


async def test_calls_held_are_those_that_are_open(store: Store) -> None:
    for number in range(3):
        await store.open_call(a_call(call_id=f"call-{number}", room=f"room-{number}"))
    await store.end_call(a_call(call_id="call-1").id, CallEnd.SILENT, job=HOLDER, at=START + 5)
    assert await store.calls_held() == 2


async def test_what_was_heard_of_handoffs_that_ended_before_a_time(store: Store) -> None:
    await brought_to(store, S.COMPLETED)
    await store.save_timings(HANDOFF, seam_ms=400, silence_ms=900)
    assert not await store.heard(after=(0, ""), until=START, limit=10)
    (heard,) = await store.heard(after=(0, ""), until=START + 1, limit=10)
    assert (heard.seam_ms, heard.silence_ms) == (400, 900)
    assert not await store.heard(after=heard.place, until=START + 1, limit=10)


@pytest.mark.parametrize("state", [S.REQUESTED, S.BRIEFING])
async def test_of_an_open_handoff_nothing_has_been_heard(store: Store, state: HandoffState) -> None:
    await brought_to(store, state)
    assert not await store.heard(after=(0, ""), until=START + 99, limit=10)


async def test_failures_are_told_in_their_order(store: Store) -> None:
    await store.open_call(a_call())
    for error in ("429", "ReadTimeout"):
        await store.note_trouble(Trouble(CALL, "chat", error, START))
    first, second = await store.failures(after=0, limit=10)
    assert (first.part, first.error) == ("chat", "429")
    assert await store.failures(after=first.place, limit=10) == [second]
    assert second == Failure(second.place, "chat", "ReadTimeout")


async def test_the_first_move_has_nothing_before_it(store: Store) -> None:
    await requested(store)
    (move,) = await store.moves(after=0, limit=1)
    assert move == Move(move.place, None, S.REQUESTED, BILLING, None)
