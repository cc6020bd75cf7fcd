"""What every store does with an operator's approval and redirection of a handoff."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from errors import StaleHandoff
from persistence.contract.handoffs import Outcome
from persistence.contract.store import Store
from persistence.records import Completes, Handoff, HandoffState
from tests.contract.building import (
    BILLING,
    FIRST,
    FRONT_DESK,
    HANDOFF,
    HOLDER,
    OPERATOR,
    SECOND,
    START,
    TECHNICAL,
    UNREACHED,
    a_call,
    a_handoff,
    an_attempt,
    brought_to,
    move,
    request_events,
)
from transfer.states import TERMINAL

OPEN = [state for state in HandoffState if state not in TERMINAL]
ANOTHER = "another operator"


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
    assert (await request_events(store))[-1] == (HANDOFF, "accepted", "approved", approved.approved_by)


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
    assert (await request_events(store))[-1] == (HANDOFF, BILLING, TECHNICAL, OPERATOR)
    previous = None if state is HandoffState.REQUESTED else UNREACHED
    for target in (BILLING, FRONT_DESK):
        attempt = replace(an_attempt(SECOND), target=target)
        with pytest.raises(StaleHandoff):
            await store.begin_attempt(attempt, previous=previous, actor=HOLDER)
    begun = await store.begin_attempt(
        replace(an_attempt(SECOND), target=TECHNICAL), previous=previous, actor=HOLDER
    )
    assert (begun.target, begun.redirect_to, begun.redirected_by) == (TECHNICAL, None, OPERATOR)
    assert (begun.told_reason, begun.told_notes) == (handoff.reason, ())


async def test_a_redirection_keeps_its_reason_and_note_for_the_attempt_that_goes_there(store: Store) -> None:
    await brought_to(store, HandoffState.BRIEFING)
    await store.redirect_handoff(
        HANDOFF, TECHNICAL, by=OPERATOR, at=START, reason="the line is slow", note="be kind"
    )
    attempt = replace(an_attempt(SECOND), target=TECHNICAL)
    begun = await store.begin_attempt(attempt, previous=UNREACHED, actor=HOLDER)
    assert (begun.told_reason, begun.told_notes) == ("the line is slow", ("be kind",))
    assert begun.reason_is_private, "an operator's reason is for the target alone"


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
