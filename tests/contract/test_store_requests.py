"""What every store does with operators' requests, and how it tells readers of changes."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from errors import StaleHandoff, StoreError
from persistence.contract.feed import Changes
from persistence.contract.store import Store
from persistence.records import (
    CallEnd,
    CallId,
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
    HOLDER,
    OPERATOR,
    START,
    TARGET,
    a_call,
    brought_to,
    request_events,
)

REQUEST = RequestId("request-1")


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
    # The holder may still end the request that ended the call.
    ended = await store.end_request(taken.id, RequestState.DONE, reason=None, actor=HOLDER, at=START + 10)
    assert ended.state is RequestState.DONE


async def test_a_request_is_told_when_it_is_made_and_when_it_ends(store: Store) -> None:
    await requested(store, RequestKind.NOTE)
    await store.take_request(REQUEST, HOLDER)
    await store.end_request(REQUEST, RequestState.DONE, reason=None, actor=HOLDER, at=START + 5)
    assert await request_events(store) == [
        (REQUEST, None, "note", OPERATOR),
        (REQUEST, "note", "done", HOLDER),
    ]
    assert [event.at for event in await store.events(call_id=CALL)][-2:] == [START + 1, START + 5]


async def test_what_the_end_of_a_call_fails_is_told(store: Store) -> None:
    await requested(store)
    await store.end_call(CALL, CallEnd.CALLER_LEFT, job=HOLDER, at=START + 9)
    assert (await request_events(store))[-1] == (REQUEST, "say", "failed", HOLDER)


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
    store: Store, other: Store, request: pytest.FixtureRequest
) -> None:
    await requested(store)
    changes = store.changes(within_s=0.001)
    assert await changes.changed(0), "nothing has been seen yet"
    await all_told(changes)
    await store.take_request(REQUEST, HOLDER)  # our own
    assert await changes.changed(5)
    await all_told(changes)
    await other.end_request(REQUEST, RequestState.DONE, reason=None, actor=HOLDER, at=START)
    assert await changes.changed(5)
    await all_told(changes)
    with pytest.raises(StaleHandoff):
        await other.take_request(REQUEST, HOLDER)
    # Postgres' reader also polls once a second, and may then find what it was already notified of.
    once_more = 1 if "postgres" in request.node.name else 0
    assert await all_told(changes) <= once_more


async def all_told(changes: Changes) -> int:
    """Wait until the reader has learned of every commit, and return how often it was notified."""
    times = 0
    while await changes.changed(0.05):
        times += 1
    return times


async def test_a_reader_that_waits_is_told_of_a_commit_and_another_reader_as_well(
    store: Store, other: Store
) -> None:
    await requested(store)
    first, second = store.changes(within_s=0.001), store.changes(within_s=0.001)
    await all_told(first)
    await all_told(second)
    waiting = asyncio.gather(first.changed(5), second.changed(5))
    await asyncio.sleep(0.01)
    assert not waiting.done()
    await other.take_request(REQUEST, HOLDER)
    assert list(await waiting) == [True, True]


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
