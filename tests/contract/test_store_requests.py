"""What every store does with operators' requests, and with their orders about a handoff."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from errors import StaleHandoff, StoreError
from persistence.contract.handoffs import Outcome
from persistence.contract.store import Store
from persistence.records import (
    CallEnd,
    CallId,
    Completes,
    Handoff,
    HandoffId,
    HandoffState,
    JobId,
    OperatorRequest,
    RequestId,
    RequestKind,
    RequestState,
    Trouble,
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
    a_call,
    a_handoff,
    an_attempt,
    brought_to,
    move,
)
from transfer.states import TERMINAL

OPEN = [state for state in HandoffState if state not in TERMINAL]
REQUEST = RequestId("request-1")
ANOTHER = "another operator"


def a_request(
    kind: RequestKind = RequestKind.SAY, *, number: int = 1, call_id: CallId | None = CALL
) -> OperatorRequest:
    return OperatorRequest(
        id=RequestId(f"request-{number}"),
        call_id=call_id,
        room="room-1",
        kind=kind,
        words="We close at eight. 🙏",
        requested_by=OPERATOR,
        idempotency_key=f"key-{number}",
        requested_at=START + number,
    )


async def requested(store: Store, kind: RequestKind = RequestKind.SAY) -> OperatorRequest:
    await store.open_call(a_call())
    return await store.add_request(a_request(kind))


async def told(store: Store) -> list[tuple[str, str | None, str, str]]:
    """The events of requests."""
    events = [event for event in await store.events() if event.kind == "request"]
    return [(event.subject, event.moved_from, event.moved_to, event.actor) for event in events]


# --- what is asked of a holder


@pytest.mark.parametrize("kind", [kind for kind in RequestKind if kind not in {"start", "token"}])
async def test_a_request_reads_back_as_it_was_given(store: Store, kind: RequestKind) -> None:
    assert await requested(store, kind) == a_request(kind)
    assert await store.request(REQUEST) == a_request(kind)
    assert await store.requests(CALL) == [a_request(kind)]


@pytest.mark.parametrize("kind", [RequestKind.START, RequestKind.TOKEN])
async def test_what_is_asked_of_livekit_belongs_to_no_call(store: Store, kind: RequestKind) -> None:
    request = a_request(kind, call_id=None)
    assert await store.add_request(request) == request
    assert (await store.events())[-1].call_id is None


async def test_a_repeated_key_returns_the_first_request_whatever_became_of_it(
    store: Store, other: Store
) -> None:
    await requested(store)
    done = await store.end_request(
        REQUEST, RequestState.FAILED, reason="no voice", actor=HOLDER, at=START + 5
    )
    again = replace(a_request(number=2), idempotency_key="key-1", words="Something else.")
    assert await other.add_request(again) == done
    assert len(await store.requests(CALL)) == 1


async def test_requests_made_at_once_with_one_key_are_one(store: Store, other: Store) -> None:
    await store.open_call(a_call())
    asked = [replace(a_request(number=number), idempotency_key="key") for number in range(8)]
    made = await asyncio.gather(
        *((store, other)[number % 2].add_request(request) for number, request in enumerate(asked))
    )
    assert len({request.id for request in made}) == 1
    assert len(await store.requests(CALL)) == 1


async def test_a_call_that_is_over_or_unknown_takes_no_request(store: Store) -> None:
    with pytest.raises(StaleHandoff):
        await store.add_request(a_request())
    await store.open_call(a_call())
    await store.end_call(CALL, CallEnd.GOODBYE, job=HOLDER, at=START)
    with pytest.raises(StaleHandoff):
        await store.add_request(a_request())


async def test_requests_come_in_their_order_and_by_state(store: Store) -> None:
    await store.open_call(a_call())
    for number in (3, 1, 2):
        await store.add_request(a_request(number=number))
    await store.take_request(RequestId("request-1"), HOLDER)
    waiting = await store.requests(CALL, state=RequestState.REQUESTED)
    assert [request.id for request in waiting] == ["request-3", "request-2"]
    assert [request.id for request in await store.requests(CALL)] == ["request-3", "request-1", "request-2"]
    assert not await store.requests(CallId("call-9"))


async def test_a_request_is_taken_once_and_by_the_holder_alone(store: Store, other: Store) -> None:
    request = await requested(store)
    with pytest.raises(StaleHandoff):
        await store.take_request(REQUEST, TARGET)
    outcomes = await asyncio.gather(
        *((store, other)[number % 2].take_request(REQUEST, HOLDER) for number in range(6)),
        return_exceptions=True,
    )
    (taken,) = [outcome for outcome in outcomes if not isinstance(outcome, BaseException)]
    assert taken == replace(request, state=RequestState.TAKEN, taken_by=HOLDER)
    assert sum(isinstance(outcome, StaleHandoff) for outcome in outcomes) == 5


async def test_after_a_handoff_the_new_holder_takes_the_requests(store: Store) -> None:
    await brought_to(store, HandoffState.COMPLETED)
    await store.add_request(a_request())
    with pytest.raises(StaleHandoff):
        await store.take_request(REQUEST, HOLDER)
    assert (await store.take_request(REQUEST, TARGET)).taken_by == TARGET


@pytest.mark.parametrize("state", [RequestState.DONE, RequestState.FAILED])
@pytest.mark.parametrize("taken", [True, False])
async def test_a_request_ends_once_and_says_how(store: Store, state: RequestState, taken: bool) -> None:
    request = await requested(store)
    if taken:
        request = await store.take_request(REQUEST, HOLDER)
    ended = await store.end_request(REQUEST, state, reason="so", actor=HOLDER, at=START + 5)
    assert ended == replace(request, state=state, reason="so", ended_at=START + 5)
    for after in (RequestState.DONE, RequestState.FAILED):
        with pytest.raises(StaleHandoff):
            await store.end_request(REQUEST, after, reason=None, actor=HOLDER, at=START + 6)
    with pytest.raises(StaleHandoff):
        await store.take_request(REQUEST, HOLDER)


@pytest.mark.parametrize("state", [RequestState.REQUESTED, RequestState.TAKEN])
async def test_a_request_does_not_end_in_a_state_that_is_none(store: Store, state: RequestState) -> None:
    await requested(store)
    with pytest.raises(StoreError):
        await store.end_request(REQUEST, state, reason=None, actor=HOLDER, at=START)


async def test_the_end_of_a_call_fails_what_nobody_has_taken_and_nothing_else(store: Store) -> None:
    await store.open_call(a_call())
    for number in (1, 2, 3):
        await store.add_request(a_request(number=number))
    taken = await store.take_request(RequestId("request-2"), HOLDER)
    done = await store.end_request(
        RequestId("request-3"), RequestState.DONE, reason=None, actor=HOLDER, at=START
    )
    await store.end_call(CALL, CallEnd.OPERATOR, job=HOLDER, at=START + 9)
    failed = replace(a_request(), state=RequestState.FAILED, ended_at=START + 9, reason="the call ended")
    assert await store.requests(CALL) == [failed, taken, done]
    # The one that ended the call is its holder's to end, after that.
    ended = await store.end_request(taken.id, RequestState.DONE, reason=None, actor=HOLDER, at=START + 10)
    assert ended.state is RequestState.DONE


async def test_a_request_is_told_when_it_is_made_and_when_it_ends(store: Store) -> None:
    await requested(store, RequestKind.NOTE)
    await store.take_request(REQUEST, HOLDER)
    await store.end_request(REQUEST, RequestState.DONE, reason=None, actor=HOLDER, at=START + 5)
    assert await told(store) == [
        (REQUEST, None, "note", OPERATOR),
        (REQUEST, "note", "done", HOLDER),
    ]
    assert [event.at for event in await store.events(call_id=CALL)][-2:] == [START + 1, START + 5]


async def test_what_the_end_of_a_call_fails_is_told(store: Store) -> None:
    await requested(store)
    await store.end_call(CALL, CallEnd.CALLER_LEFT, job=HOLDER, at=START + 9)
    assert (await told(store))[-1] == (REQUEST, "say", "failed", HOLDER)


async def test_what_is_not_there_is_not_moved(store: Store) -> None:
    unknown = RequestId("request-9")
    assert await store.request(unknown) is None
    with pytest.raises(StaleHandoff):
        await store.take_request(unknown, HOLDER)
    with pytest.raises(StaleHandoff):
        await store.end_request(unknown, RequestState.DONE, reason=None, actor=HOLDER, at=START)
    with pytest.raises(StaleHandoff):
        await store.approve_handoff(HandoffId("handoff-9"), by=OPERATOR, at=START)
    with pytest.raises(StaleHandoff):
        await store.redirect_handoff(HandoffId("handoff-9"), BILLING, by=OPERATOR, at=START)


async def test_a_reader_learns_of_every_commit_of_anybody_and_of_nothing_else(
    store: Store, other: Store
) -> None:
    await requested(store)
    changes = store.changes(within_s=0.001)
    assert await changes.changed(0), "nothing has been seen yet"
    assert not await changes.changed(0.01)
    await store.take_request(REQUEST, HOLDER)  # our own
    assert await changes.changed(0)
    await other.end_request(REQUEST, RequestState.DONE, reason=None, actor=HOLDER, at=START)
    assert await changes.changed(0)
    with pytest.raises(StaleHandoff):
        await other.take_request(REQUEST, HOLDER)
    assert not await changes.changed(0.01)


async def test_a_reader_that_waits_is_told_of_a_commit_and_another_reader_as_well(
    store: Store, other: Store
) -> None:
    await requested(store)
    first, second = store.changes(within_s=0.001), store.changes(within_s=0.001)
    await first.changed(0)
    await second.changed(0)
    waiting = asyncio.gather(first.changed(5), second.changed(5))
    await asyncio.sleep(0.01)
    assert not waiting.done()
    await other.take_request(REQUEST, HOLDER)
    assert list(await waiting) == [True, True]


# --- approval


async def waiting(store: Store, state: HandoffState = HandoffState.ACCEPTED) -> Handoff:
    return await brought_to(store, state, completes=Completes.OPERATOR)


async def test_an_accepted_handoff_is_approved_once(store: Store, other: Store) -> None:
    handoff = await waiting(store)
    approvals = await asyncio.gather(
        store.approve_handoff(HANDOFF, by=OPERATOR, at=START + 3),
        other.approve_handoff(HANDOFF, by=ANOTHER, at=START + 3),
        return_exceptions=True,
    )
    (approved,) = [row for row in approvals if isinstance(row, Handoff)]
    assert approved == replace(handoff, approved_by=approved.approved_by)
    assert sum(isinstance(row, StaleHandoff) for row in approvals) == 1
    assert (await told(store))[-1] == (HANDOFF, "accepted", "approved", approved.approved_by)


@pytest.mark.parametrize("state", [state for state in HandoffState if state is not HandoffState.ACCEPTED])
async def test_in_another_state_there_is_nothing_to_approve(store: Store, state: HandoffState) -> None:
    if state is HandoffState.COMPLETED:
        await move(store, await approved_by(store), state)
    else:
        await waiting(store, state)
    with pytest.raises(StaleHandoff):
        await store.approve_handoff(HANDOFF, by=OPERATOR, at=START)


async def test_a_handoff_that_completes_by_itself_is_not_approved(store: Store) -> None:
    await brought_to(store, HandoffState.ACCEPTED)
    with pytest.raises(StaleHandoff):
        await store.approve_handoff(HANDOFF, by=OPERATOR, at=START)


async def test_a_target_takes_over_only_when_it_may(store: Store) -> None:
    handoff = await waiting(store)
    with pytest.raises(StaleHandoff):
        await move(store, handoff, HandoffState.COMPLETED)
    await store.approve_handoff(HANDOFF, by=OPERATOR, at=START)
    assert (await move(store, handoff, HandoffState.COMPLETED)).approved_by == OPERATOR


async def test_an_approval_counts_for_the_attempt_it_was_given_for(store: Store) -> None:
    await approved_by(store)
    again = await store.begin_attempt(an_attempt(SECOND), previous=UNREACHED, actor=HOLDER)
    assert again.approved_by is None


async def approved_by(store: Store) -> Handoff:
    await waiting(store)
    return await store.approve_handoff(HANDOFF, by=OPERATOR, at=START)


# --- another target


@pytest.mark.parametrize("state", OPEN)
async def test_an_open_handoff_is_redirected_and_the_next_attempt_goes_there_alone(
    store: Store, state: HandoffState
) -> None:
    handoff = await brought_to(store, state)
    redirected = await store.redirect_handoff(HANDOFF, TECHNICAL, by=OPERATOR, at=START + 3)
    assert redirected == replace(handoff, redirect_to=TECHNICAL, redirected_by=OPERATOR)
    assert (await told(store))[-1] == (HANDOFF, BILLING, TECHNICAL, OPERATOR)
    previous = None if state is HandoffState.REQUESTED else UNREACHED
    for target in (BILLING, FRONT_DESK):
        attempt = replace(an_attempt(SECOND), target=target)
        with pytest.raises(StaleHandoff):
            await store.begin_attempt(attempt, previous=previous, actor=HOLDER)
    begun = await store.begin_attempt(
        replace(an_attempt(SECOND), target=TECHNICAL), previous=previous, actor=HOLDER
    )
    assert (begun.target, begun.redirect_to, begun.redirected_by) == (TECHNICAL, None, OPERATOR)


@pytest.mark.parametrize("state", sorted(TERMINAL))
async def test_a_handoff_that_is_over_is_not_redirected(store: Store, state: HandoffState) -> None:
    await brought_to(store, state)
    with pytest.raises(StaleHandoff):
        await store.redirect_handoff(HANDOFF, TECHNICAL, by=OPERATOR, at=START)


async def test_where_it_goes_already_is_no_redirection_and_the_last_one_counts(store: Store) -> None:
    await brought_to(store, HandoffState.DISPATCHING)
    with pytest.raises(StaleHandoff):
        await store.redirect_handoff(HANDOFF, BILLING, by=OPERATOR, at=START)
    await store.redirect_handoff(HANDOFF, TECHNICAL, by=OPERATOR, at=START)
    with pytest.raises(StaleHandoff):
        await store.redirect_handoff(HANDOFF, TECHNICAL, by=ANOTHER, at=START)
    back = await store.redirect_handoff(HANDOFF, BILLING, by=ANOTHER, at=START)
    assert (back.redirect_to, back.redirected_by) == (BILLING, ANOTHER)


async def test_a_redirected_target_neither_takes_over_nor_is_approved(store: Store) -> None:
    handoff = await waiting(store)
    await store.redirect_handoff(HANDOFF, TECHNICAL, by=OPERATOR, at=START)
    with pytest.raises(StaleHandoff):
        await store.approve_handoff(HANDOFF, by=OPERATOR, at=START)
    with pytest.raises(StaleHandoff):
        await move(store, handoff, HandoffState.COMPLETED)


@pytest.mark.fault("C5")
async def test_redirection_and_take_over_at_once_leave_one_of_them(store: Store, other: Store) -> None:
    handoff = await brought_to(store, HandoffState.ACCEPTED)
    completed, redirected = await asyncio.gather(
        move(store, handoff, HandoffState.COMPLETED),
        other.redirect_handoff(HANDOFF, TECHNICAL, by=OPERATOR, at=START),
        return_exceptions=True,
    )
    assert isinstance(completed, StaleHandoff) != isinstance(redirected, StaleHandoff)


async def test_a_redirected_handoff_can_still_be_ended(store: Store) -> None:
    await brought_to(store, HandoffState.DISPATCHING)
    await store.redirect_handoff(HANDOFF, TECHNICAL, by=OPERATOR, at=START)
    taken_back = Outcome(HandoffState.CANCELLED, "a mistake")
    row = await store.end_handoff(HANDOFF, taken_back, attempt_id=FIRST, actor=OPERATOR, at=START)
    assert row.state is HandoffState.CANCELLED


async def test_note_and_way_of_completing_are_kept_with_the_request(store: Store) -> None:
    await store.open_call(a_call())
    asked = replace(a_handoff(), requested_by=OPERATOR, note="a regular", completes=Completes.OPERATOR)
    assert await store.request_handoff(asked, at_most=5) == asked
    assert await store.handoff(HANDOFF) == asked


# --- troubles


async def test_troubles_of_a_call_come_in_their_order(store: Store) -> None:
    await store.open_call(a_call())
    noted = [Trouble(CALL, "chat", "429", START + 2), Trouble(CALL, "hearing", "APITimeoutError", START + 1)]
    for trouble in noted:
        await store.note_trouble(trouble)
    assert await store.troubles(CALL) == noted
    assert not await store.troubles(CallId("call-9"))
    with pytest.raises(StoreError):
        await store.note_trouble(Trouble(CallId("call-9"), "chat", "429", START))


async def test_a_request_of_a_job_that_never_held_the_call_stays_where_it_is(store: Store) -> None:
    await requested(store)
    with pytest.raises(StaleHandoff):
        await store.take_request(REQUEST, JobId("job-stranger"))
    assert (await store.requests(CALL))[0].state is RequestState.REQUESTED
