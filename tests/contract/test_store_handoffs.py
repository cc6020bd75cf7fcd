"""What every store does with handoffs and attempts: requests, guards, records."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from errors import HandoffOpen, HandoffsSpent, StaleHandoff
from persistence.contract.handoffs import Outcome, Timings
from persistence.contract.store import Store
from persistence.records import (
    AttemptId,
    CallEnd,
    CallId,
    Handoff,
    HandoffId,
    HandoffState,
    JobId,
    SummarySource,
)
from tests.contract.building import (
    BILLING,
    CALL,
    FIRST,
    FRONT_DESK,
    HANDOFF,
    HOLDER,
    OPERATOR,
    SECOND,
    START,
    TARGET,
    TECHNICAL,
    UNREACHED,
    WORKER,
    a_call,
    a_handoff,
    an_attempt,
    brought_to,
    move,
    requested,
)

CANCELLED = Outcome(HandoffState.CANCELLED, "no longer wanted")
STRANGER = JobId("job-stranger")


async def test_a_requested_handoff_reads_back_as_it_was_given(store: Store) -> None:
    assert await requested(store) == a_handoff()
    assert await store.handoff(HANDOFF) == a_handoff()


async def test_a_repeated_key_returns_the_first_row_whatever_its_state(store: Store, other: Store) -> None:
    first = await brought_to(store, HandoffState.COMPLETED)
    again = await other.request_handoff(a_handoff(handoff_id="handoff-2"), at_most=1)
    assert again == first
    assert len(await store.handoffs()) == 1


async def test_a_second_request_is_told_which_handoff_is_open(store: Store) -> None:
    await requested(store)
    with pytest.raises(HandoffOpen) as refused:
        await store.request_handoff(a_handoff(handoff_id="handoff-2", key="key-2"), at_most=5)
    assert refused.value.handoff_id == HANDOFF


async def test_of_requests_made_at_once_one_is_taken(store: Store, other: Store) -> None:
    await store.open_call(a_call())
    outcomes = await asyncio.gather(
        *(
            (store, other)[number % 2].request_handoff(
                a_handoff(handoff_id=f"handoff-{number}", key=f"key-{number}"), at_most=5
            )
            for number in range(8)
        ),
        return_exceptions=True,
    )
    (taken,) = [outcome for outcome in outcomes if isinstance(outcome, Handoff)]
    refused = [outcome for outcome in outcomes if isinstance(outcome, HandoffOpen)]
    assert len(refused) == 7
    assert {refusal.handoff_id for refusal in refused} == {taken.id}


async def test_a_call_has_no_more_handoffs_than_it_may(store: Store) -> None:
    await store.open_call(a_call())
    for number in range(2):
        asked = a_handoff(handoff_id=f"handoff-{number}", key=f"key-{number}")
        handoff = await store.request_handoff(asked, at_most=2)
        await store.end_handoff(handoff.id, CANCELLED, attempt_id=None, actor=OPERATOR, at=START)
    with pytest.raises(HandoffsSpent):
        await store.request_handoff(a_handoff(handoff_id="handoff-9", key="key-9"), at_most=2)


async def test_a_call_that_is_over_takes_no_handoff(store: Store) -> None:
    await store.open_call(a_call())
    await store.end_call(CALL, CallEnd.GOODBYE, job=HOLDER, at=START)
    with pytest.raises(StaleHandoff):
        await store.request_handoff(a_handoff(), at_most=5)


async def test_only_the_holder_requests(store: Store) -> None:
    await store.open_call(a_call(job=STRANGER))
    with pytest.raises(StaleHandoff):
        await store.request_handoff(a_handoff(), at_most=5)


async def test_an_unknown_call_takes_no_handoff(store: Store) -> None:
    with pytest.raises(StaleHandoff):
        await store.request_handoff(a_handoff(call_id=CallId("call-9")), at_most=5)


async def test_a_handoffs_id_is_used_once(store: Store) -> None:
    await brought_to(store, HandoffState.DECLINED)
    with pytest.raises(StaleHandoff):
        await store.request_handoff(a_handoff(key="key-2"), at_most=5)


async def test_an_attempt_is_written_with_the_move_to_dispatching(store: Store) -> None:
    handoff = await requested(store)
    attempt = replace(an_attempt(), target=TECHNICAL, started_at=START + 1)
    moved = await store.begin_attempt(attempt, previous=None, actor=HOLDER)
    assert moved == replace(handoff, state=HandoffState.DISPATCHING, attempt_id=FIRST, target=TECHNICAL)
    assert await store.attempts(HANDOFF) == [attempt]


async def test_the_first_attempt_has_no_previous_and_every_other_one_has(store: Store) -> None:
    handoff = await requested(store)
    with pytest.raises(StaleHandoff):
        await store.begin_attempt(an_attempt(), previous=UNREACHED, actor=HOLDER)
    await move(store, handoff, HandoffState.DISPATCHING)
    with pytest.raises(StaleHandoff):
        await store.begin_attempt(an_attempt(SECOND), previous=None, actor=HOLDER)
    with pytest.raises(StaleHandoff):
        await store.begin_attempt(an_attempt(FIRST), previous=UNREACHED, actor=HOLDER)


@pytest.mark.parametrize("state", [HandoffState.DISPATCHING, HandoffState.BRIEFING, HandoffState.ACCEPTED])
async def test_the_next_attempt_ends_the_one_before_in_the_same_move(
    store: Store, state: HandoffState
) -> None:
    await brought_to(store, state)
    attempt = replace(an_attempt(SECOND), target=TECHNICAL, started_at=START + 7)
    moved = await store.begin_attempt(attempt, previous=UNREACHED, actor=HOLDER)
    assert (moved.state, moved.target, moved.attempt_id) == (HandoffState.DISPATCHING, TECHNICAL, SECOND)
    assert (moved.target_job, moved.accepted_at) == (None, None)
    first, second = await store.attempts(HANDOFF)
    assert (first.outcome, first.reason, first.ended_at) == (UNREACHED.state, UNREACHED.reason, START + 7)
    assert second == attempt


async def test_a_claim_of_an_attempt_that_was_given_up_is_refused(store: Store) -> None:
    handoff = await brought_to(store, HandoffState.DISPATCHING)
    await move(store, handoff, HandoffState.DISPATCHING)
    with pytest.raises(StaleHandoff):
        await store.claim_attempt(HANDOFF, FIRST, TARGET, worker=WORKER, at=START)
    claimed = await store.claim_attempt(HANDOFF, SECOND, TARGET, worker=WORKER, at=START)
    assert claimed.target_job == TARGET


async def test_of_many_claims_one_wins(store: Store, other: Store) -> None:
    await brought_to(store, HandoffState.DISPATCHING)
    outcomes = await asyncio.gather(
        *(
            (store, other)[number % 2].claim_attempt(
                HANDOFF, FIRST, JobId(f"job-{number}"), worker=WORKER, at=START
            )
            for number in range(8)
        ),
        return_exceptions=True,
    )
    (won,) = [outcome for outcome in outcomes if isinstance(outcome, Handoff)]
    assert sum(isinstance(outcome, StaleHandoff) for outcome in outcomes) == 7
    assert (await store.attempts(HANDOFF))[0].job == won.target_job


async def test_only_the_job_that_claimed_accepts_and_completes(store: Store) -> None:
    handoff = await brought_to(store, HandoffState.BRIEFING)
    for job, attempt in [(STRANGER, FIRST), (TARGET, SECOND)]:
        with pytest.raises(StaleHandoff):
            await store.accept(HANDOFF, attempt, job, at=START)
    await move(store, handoff, HandoffState.ACCEPTED)
    for job, attempt in [(STRANGER, FIRST), (TARGET, SECOND)]:
        with pytest.raises(StaleHandoff):
            await store.complete(HANDOFF, attempt, job, at=START)


async def test_each_step_leaves_its_time_on_handoff_and_attempt(store: Store) -> None:
    handoff = await brought_to(store, HandoffState.DISPATCHING)
    await store.note_dispatch(FIRST, "dispatch-1")
    await store.claim_attempt(HANDOFF, FIRST, TARGET, worker=WORKER, at=START + 1)
    await store.accept(HANDOFF, FIRST, TARGET, at=START + 2)
    completed = await store.complete(HANDOFF, FIRST, TARGET, at=START + 3)
    assert completed == replace(
        handoff,
        state=HandoffState.COMPLETED,
        target_job=TARGET,
        target_worker=WORKER,
        accepted_at=START + 2,
        ended_at=START + 3,
    )
    (attempt,) = await store.attempts(HANDOFF)
    assert attempt == replace(
        an_attempt(),
        dispatch_id="dispatch-1",
        job=TARGET,
        claimed_at=START + 1,
        accepted_at=START + 2,
        ended_at=START + 3,
        outcome=HandoffState.COMPLETED,
    )


async def test_a_completed_handoff_makes_the_target_the_holder(store: Store) -> None:
    await brought_to(store, HandoffState.COMPLETED)
    call = await store.call(CALL)
    assert call is not None
    assert (call.holder_role, call.holder_job) == (BILLING, TARGET)


async def test_a_call_that_ended_is_not_taken_over(store: Store) -> None:
    handoff = await brought_to(store, HandoffState.ACCEPTED)
    await store.end_call(CALL, CallEnd.CALLER_LEFT, job=HOLDER, at=START)
    with pytest.raises(StaleHandoff):
        await move(store, handoff, HandoffState.COMPLETED)


async def test_the_caller_leaving_and_the_target_taking_over_leave_one_outcome(
    store: Store, other: Store
) -> None:
    handoff = await brought_to(store, HandoffState.ACCEPTED)
    completed, ended = await asyncio.gather(
        move(store, handoff, HandoffState.COMPLETED),
        other.end_call(CALL, CallEnd.CALLER_LEFT, job=HOLDER, at=START),
        return_exceptions=True,
    )
    assert isinstance(completed, StaleHandoff) == (ended is True)
    after = await store.handoff(HANDOFF)
    assert after is not None
    assert after.state is (HandoffState.ABANDONED if ended else HandoffState.COMPLETED)


async def test_handing_back_is_a_handoff_like_any_other(store: Store) -> None:
    await brought_to(store, HandoffState.COMPLETED)
    back = replace(
        a_handoff(handoff_id="handoff-2", key="key-2"), from_role=BILLING, from_job=TARGET, target=FRONT_DESK
    )
    await store.request_handoff(back, at_most=5)
    attempt = replace(an_attempt(SECOND, handoff_id=back.id), target=FRONT_DESK)
    await store.begin_attempt(attempt, previous=None, actor=TARGET)
    await store.claim_attempt(back.id, SECOND, STRANGER, worker=WORKER, at=START)
    await store.accept(back.id, SECOND, STRANGER, at=START)
    await store.complete(back.id, SECOND, STRANGER, at=START)
    call = await store.call(CALL)
    assert call is not None
    assert (call.holder_role, call.holder_job) == (FRONT_DESK, STRANGER)


async def test_the_end_of_a_handoff_and_its_reason_are_on_the_attempt(store: Store) -> None:
    await brought_to(store, HandoffState.BRIEFING)
    no = Outcome(HandoffState.DECLINED, "not mine")
    ended = await store.end_handoff(HANDOFF, no, attempt_id=FIRST, actor=TARGET, at=START + 4)
    assert (ended.state, ended.ended_at) == (HandoffState.DECLINED, START + 4)
    (attempt,) = await store.attempts(HANDOFF)
    assert (attempt.outcome, attempt.reason, attempt.ended_at) == (no.state, no.reason, START + 4)


async def test_the_end_of_an_attempt_that_is_no_longer_current_ends_nothing(store: Store) -> None:
    handoff = await brought_to(store, HandoffState.DISPATCHING)
    await move(store, handoff, HandoffState.DISPATCHING)
    with pytest.raises(StaleHandoff):
        await store.end_handoff(HANDOFF, CANCELLED, attempt_id=FIRST, actor=HOLDER, at=START)
    await store.end_handoff(HANDOFF, CANCELLED, attempt_id=SECOND, actor=HOLDER, at=START)


async def test_of_two_who_cancel_one_is_told_that_it_was_done(store: Store, other: Store) -> None:
    await brought_to(store, HandoffState.DISPATCHING)
    outcomes = await asyncio.gather(
        *(
            each.end_handoff(HANDOFF, CANCELLED, attempt_id=None, actor=OPERATOR, at=START)
            for each in (store, other)
        ),
        return_exceptions=True,
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Handoff", "StaleHandoff"]


async def test_summary_and_timings_are_kept_beside_the_moves(store: Store) -> None:
    handoff = await brought_to(store, HandoffState.COMPLETED)
    await store.save_summary(HANDOFF, '{"matter": "a bill"}', SummarySource.DIGEST)
    await store.save_timings(HANDOFF, Timings(seam_ms=400))
    await store.save_timings(HANDOFF, Timings(silence_ms=900, on_hold_ms=3_000, music_ms=2_500))
    await store.save_timings(HANDOFF, Timings(silence_ms=400, on_hold_ms=200, time_to_target_ms=9_000))
    assert await store.handoff(HANDOFF) == replace(
        handoff,
        summary='{"matter": "a bill"}',
        summary_source=SummarySource.DIGEST,
        seam_ms=400,
        silence_ms=900,  # the longest one, whoever measured it
        on_hold_ms=3_000,  # until the last agent saw it end
        music_ms=2_500,
        time_to_target_ms=9_000,
    )


UNKNOWN = HandoffId("handoff-9")
ON_THE_UNKNOWN: dict[str, Callable[[Store], object]] = {
    "claim": lambda store: store.claim_attempt(UNKNOWN, FIRST, TARGET, worker=WORKER, at=START),
    "accept": lambda store: store.accept(UNKNOWN, FIRST, TARGET, at=START),
    "complete": lambda store: store.complete(UNKNOWN, FIRST, TARGET, at=START),
    "end": lambda store: store.end_handoff(UNKNOWN, CANCELLED, attempt_id=None, actor=OPERATOR, at=START),
    "begin": lambda store: store.begin_attempt(an_attempt(handoff_id=UNKNOWN), previous=None, actor=HOLDER),
    "dispatch": lambda store: store.note_dispatch(AttemptId("attempt-9"), "dispatch-1"),
    "summary": lambda store: store.save_summary(UNKNOWN, "{}", SummarySource.MODEL),
    "timings": lambda store: store.save_timings(UNKNOWN, Timings(seam_ms=1, silence_ms=1)),
}


@pytest.mark.parametrize("name", ON_THE_UNKNOWN)
async def test_what_is_not_there_is_not_moved(store: Store, name: str) -> None:
    with pytest.raises(StaleHandoff):
        await ON_THE_UNKNOWN[name](store)  # type: ignore[misc]  # each is one of the store's coroutines


async def test_handoffs_are_found_by_call_state_and_either_role_newest_first(store: Store) -> None:
    for number in range(3):
        call = await store.open_call(a_call(call_id=f"call-{number}", room=f"room-{number}"))
        asked = a_handoff(handoff_id=f"handoff-{number}", call_id=call.id, at=START + number)
        await store.request_handoff(asked, at_most=5)
    await store.end_handoff(HandoffId("handoff-0"), CANCELLED, attempt_id=None, actor=OPERATOR, at=START)
    ids = [f"handoff-{number}" for number in (2, 1, 0)]
    assert [handoff.id for handoff in await store.handoffs()] == ids
    assert [handoff.id for handoff in await store.handoffs(limit=1)] == ids[:1]
    assert [handoff.id for handoff in await store.handoffs(role=BILLING)] == ids
    assert [handoff.id for handoff in await store.handoffs(role=FRONT_DESK)] == ids
    assert not await store.handoffs(role=TECHNICAL)
    assert [handoff.id for handoff in await store.handoffs(state=HandoffState.CANCELLED)] == ids[2:]
    assert [handoff.id for handoff in await store.handoffs(call_id=CallId("call-1"))] == ids[1:2]
