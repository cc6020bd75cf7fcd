"""The aggregates that every store computes for metrics."""

from __future__ import annotations

from dataclasses import replace

import pytest

from persistence.contract.handoffs import Outcome, Timings
from persistence.contract.metrics import Durations
from persistence.contract.store import Store
from persistence.records import AttemptId, CallEnd, HandoffState, Trouble
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
BOUNDS_MS = (150, 400, 1_000)
NONE = Durations((0, 0, 0), 0, 0)


async def test_each_state_that_was_left_tells_how_long_it_lasted(store: Store) -> None:
    await requested(store)
    attempt = an_attempt()
    await store.begin_attempt(attempt, previous=None, actor=HOLDER)
    await store.claim_attempt(HANDOFF, FIRST, TARGET, worker=WORKER, at=START + 300)
    await store.accept(HANDOFF, FIRST, TARGET, at=START + 450)
    await store.complete(HANDOFF, FIRST, TARGET, at=START + 2_000)
    assert await store.step_durations(BOUNDS_MS) == {
        S.REQUESTED: Durations((1, 1, 1), 1, 0),
        S.DISPATCHING: Durations((0, 1, 1), 1, 300),
        S.BRIEFING: Durations((1, 1, 1), 1, 150),  # a bound includes itself
        S.ACCEPTED: Durations((0, 0, 0), 1, 1_550),
    }


async def test_a_state_that_a_handoff_is_still_in_has_no_duration(store: Store) -> None:
    await requested(store)
    assert await store.step_durations(BOUNDS_MS) == {}
    await store.begin_attempt(an_attempt(), previous=None, actor=HOLDER)
    assert set(await store.step_durations(BOUNDS_MS)) == {S.REQUESTED}


async def test_every_attempt_counts_its_own_steps(store: Store) -> None:
    await requested(store)
    first = an_attempt()
    await store.begin_attempt(first, previous=None, actor=HOLDER)
    await store.claim_attempt(HANDOFF, FIRST, TARGET, worker=WORKER, at=START + 300)
    second = replace(first, id=AttemptId("attempt-2"), started_at=START + 700)
    await store.begin_attempt(second, previous=Outcome(S.DECLINED, "busy"), actor=HOLDER)
    ended = Outcome(S.UNANSWERED, "no answer")
    await store.end_handoff(HANDOFF, ended, attempt_id=second.id, actor=HOLDER, at=START + 1_000)
    assert await store.step_durations(BOUNDS_MS) == {
        S.REQUESTED: Durations((1, 1, 1), 1, 0),
        S.DISPATCHING: Durations((0, 2, 2), 2, 600),
        S.BRIEFING: Durations((0, 1, 1), 1, 400),
    }


async def test_two_handoffs_of_one_call_are_not_mixed_up(store: Store) -> None:
    await brought_to(store, S.UNANSWERED)
    before = await store.step_durations(BOUNDS_MS)
    second = a_handoff(handoff_id="handoff-2", key="key-2", at=START + 9_000)
    await store.request_handoff(second, at_most=5)
    await store.end_handoff(
        second.id, Outcome(S.CANCELLED, "so"), attempt_id=None, actor=OPERATOR, at=START + 9_500
    )
    after = await store.step_durations(BOUNDS_MS)
    first, both = before[S.REQUESTED], after[S.REQUESTED]
    assert (both.count, both.sum_ms) == (first.count + 1, first.sum_ms + 500)
    assert {step: after[step] for step in before if step != S.REQUESTED} == {
        step: before[step] for step in before if step != S.REQUESTED
    }


async def test_a_clock_that_went_back_counts_as_no_time(store: Store) -> None:
    await requested(store)
    await store.begin_attempt(an_attempt(), previous=None, actor=HOLDER)
    await store.claim_attempt(HANDOFF, FIRST, TARGET, worker=WORKER, at=START - 300)
    assert (await store.step_durations(BOUNDS_MS))[S.DISPATCHING] == Durations((1, 1, 1), 1, 0)


async def test_ended_handoffs_are_counted_by_outcome_and_target(store: Store) -> None:
    await brought_to(store, S.UNANSWERED)
    second = a_handoff(handoff_id="handoff-2", key="key-2", at=START + 9_000)
    await store.request_handoff(second, at_most=5)
    assert await store.handoffs_by_outcome() == {(S.UNANSWERED, BILLING): 1}
    ended = Outcome(S.CANCELLED, "so")
    await store.end_handoff(second.id, ended, attempt_id=None, actor=OPERATOR, at=START + 9_500)
    assert await store.handoffs_by_outcome() == {(S.UNANSWERED, BILLING): 1, (S.CANCELLED, BILLING): 1}


async def test_a_call_that_ends_is_counted_and_a_new_holder_is_no_end(store: Store) -> None:
    await brought_to(store, S.COMPLETED)
    assert await store.calls_by_end() == {}
    await store.end_call(CALL, CallEnd.GOODBYE, job=TARGET, at=START + 5)
    assert await store.calls_by_end() == {CallEnd.GOODBYE: 1}


async def test_calls_held_are_those_that_are_open(store: Store) -> None:
    for number in range(3):
        await store.open_call(a_call(call_id=f"call-{number}", room=f"room-{number}"))
    await store.end_call(a_call(call_id="call-1").id, CallEnd.SILENT, job=HOLDER, at=START + 5)
    assert await store.calls_held() == 2


async def test_seams_and_silences_are_those_of_ended_handoffs(store: Store) -> None:
    await brought_to(store, S.COMPLETED)
    assert (await store.seams(BOUNDS_MS), await store.silences(BOUNDS_MS)) == (NONE, NONE)
    await store.save_timings(HANDOFF, Timings(seam_ms=400, silence_ms=900))
    assert await store.seams(BOUNDS_MS) == Durations((0, 1, 1), 1, 400)
    assert await store.silences(BOUNDS_MS) == Durations((0, 0, 1), 1, 900)


async def test_waits_are_those_of_ended_handoffs(store: Store) -> None:
    await brought_to(store, S.COMPLETED)
    assert await store.times_on_hold(BOUNDS_MS) == NONE
    await store.save_timings(HANDOFF, Timings(on_hold_ms=900, music_ms=400, time_to_target_ms=5_000))
    assert await store.times_on_hold(BOUNDS_MS) == Durations((0, 0, 1), 1, 900)
    assert await store.hold_music(BOUNDS_MS) == Durations((0, 1, 1), 1, 400)
    assert (await store.times_to_target(BOUNDS_MS)).sum_ms == 5_000


async def test_agents_that_spoke_at_once_have_a_seam_of_zero(store: Store) -> None:
    await brought_to(store, S.COMPLETED)
    await store.save_timings(HANDOFF, Timings(seam_ms=-200))
    assert await store.seams(BOUNDS_MS) == Durations((1, 1, 1), 1, 0)
    assert await store.silences(BOUNDS_MS) == NONE


@pytest.mark.parametrize("state", [S.REQUESTED, S.BRIEFING])
async def test_an_open_handoff_has_neither_outcome_nor_seam(store: Store, state: HandoffState) -> None:
    await brought_to(store, state)
    assert await store.handoffs_by_outcome() == {}
    assert (await store.seams(BOUNDS_MS), await store.silences(BOUNDS_MS)) == (NONE, NONE)


async def test_model_errors_are_counted_by_part_and_error(store: Store) -> None:
    await store.open_call(a_call())
    for part, error in (("chat", "429"), ("chat", "429"), ("hearing", "ReadTimeout")):
        await store.note_trouble(Trouble(CALL, part, error, START))
    assert await store.model_errors() == {("chat", "429"): 2, ("hearing", "ReadTimeout"): 1}
