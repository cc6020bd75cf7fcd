"""Two act at the same moment, each on a connection of their own: one wins, the other learns who did."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest

from errors import HandoffOpen, StaleHandoff
from operators.act_refused import ActRefused, StaleState
from operators.acts import ActContext, approve, cancel, redirect, start_handoff
from persistence.contract.store import Store
from persistence.records import Completes, Handoff, HandoffState
from tests.contract.building import (
    BILLING,
    CALL,
    FIRST,
    FRONT_DESK,
    HANDOFF,
    HOLDER,
    SECOND,
    START,
    TARGET,
    TECHNICAL,
    UNREACHED,
    WORKER,
    SilentServer,
    a_call,
    a_handoff,
    an_attempt,
    brought_to,
)
from transfer.states import TERMINAL

ANNA, BEN = "anna", "ben"
OPEN = [state for state in HandoffState if state not in TERMINAL]
ROUNDS = range(5)


class StillClock:
    def now_ms(self) -> int:
        return START


@pytest.fixture
def anna(store: Store) -> ActContext:
    return context(store)


@pytest.fixture
def ben(other: Store) -> ActContext:
    return context(other)


def context(store: Store) -> ActContext:
    return ActContext(
        store, SilentServer(), (FRONT_DESK, BILLING, TECHNICAL), StillClock(), handoffs_per_call=5
    )


async def at_once(*acts: Awaitable[object]) -> tuple[list[object], list[BaseException]]:
    """Run the acts at once, and return their results and their errors."""
    outcomes = await asyncio.gather(*acts, return_exceptions=True)
    told = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    return [outcome for outcome in outcomes if not isinstance(outcome, BaseException)], told


async def ends(store: Store) -> Sequence[str]:
    """Return how the handoff ended, each time that it did."""
    events = [event for event in await store.events() if event.kind == "handoff"]
    return [event.moved_to for event in events if event.moved_to in TERMINAL]


@pytest.mark.fault("C5")
@pytest.mark.parametrize("number", ROUNDS)
async def test_of_two_operators_who_start_a_handoff_one_does_and_the_other_learns_of_it(
    store: Store, anna: ActContext, ben: ActContext, number: int
) -> None:
    await store.open_call(a_call())
    won, told = await at_once(
        start_handoff(anna, CALL, BILLING, reason="you want your money", by=ANNA),
        start_handoff(ben, CALL, TECHNICAL, reason="your line is slow", by=BEN),
    )
    (row,) = await store.handoffs()
    assert won == [(row, True)]
    assert [type(each) for each in told] == [HandoffOpen]
    assert isinstance(told[0], HandoffOpen)
    assert told[0].handoff_id == row.id


@pytest.mark.fault("C5")
@pytest.mark.parametrize("number", ROUNDS)
async def test_of_an_operator_and_the_model_who_start_a_handoff_one_does(
    store: Store, other: Store, anna: ActContext, number: int
) -> None:
    await store.open_call(a_call())
    won, told = await at_once(
        other.request_handoff(a_handoff(), at_most=5),
        start_handoff(anna, CALL, TECHNICAL, reason="your line is slow", by=ANNA),
    )
    (row,) = await store.handoffs()
    assert len(won) == 1
    assert [str(each) for each in told] == [str(HandoffOpen(row.id))]


@pytest.mark.fault("C5")
@pytest.mark.parametrize("number", ROUNDS)
async def test_of_two_operators_who_cancel_the_second_learns_who_was_first(
    store: Store, anna: ActContext, ben: ActContext, number: int
) -> None:
    await brought_to(store, HandoffState.BRIEFING)
    won, told = await at_once(cancel(anna, HANDOFF, by=ANNA), cancel(ben, HANDOFF, by=BEN))
    (row,) = await store.handoffs()
    assert won == [row]
    (refusal,) = told
    assert isinstance(refusal, StaleState)
    assert (refusal.state, refusal.moved_to) == ("cancelled", "cancelled")
    assert refusal.by in {ANNA, BEN}
    assert await ends(store) == ["cancelled"]


TAKEN: dict[str, Callable[[Store], Awaitable[Handoff]]] = {
    "claims": lambda store: store.claim_attempt(HANDOFF, FIRST, TARGET, worker=WORKER, at=START),
    "accepts": lambda store: store.accept(HANDOFF, FIRST, TARGET, at=START),
    "takes over": lambda store: store.complete(HANDOFF, FIRST, TARGET, at=START),
    "is followed by the next": lambda store: store.begin_attempt(
        an_attempt(SECOND), previous=UNREACHED, actor=HOLDER
    ),
}
BEFORE = {
    "claims": HandoffState.DISPATCHING,
    "accepts": HandoffState.BRIEFING,
    "takes over": HandoffState.ACCEPTED,
    "is followed by the next": HandoffState.DISPATCHING,
}


@pytest.mark.fault("C5")
@pytest.mark.parametrize("step", TAKEN)
@pytest.mark.parametrize("number", ROUNDS)
async def test_operator_who_cancels_while_the_target_moves_has_one_end_and_knows_which(
    store: Store, other: Store, anna: ActContext, step: str, number: int
) -> None:
    await brought_to(store, BEFORE[step])
    cancelled, moved = await asyncio.gather(
        cancel(anna, HANDOFF, by=ANNA), TAKEN[step](other), return_exceptions=True
    )
    (row,) = await store.handoffs()
    assert await ends(store) == [row.state], "one end, and the row is in it"
    if isinstance(cancelled, StaleState):
        assert (step, row.state) == ("takes over", HandoffState.COMPLETED)
        assert (cancelled.state, cancelled.by) == ("completed", TARGET)
    else:
        # The target's step came first, or it came too late and was refused.
        assert row.state is HandoffState.CANCELLED
        assert isinstance(moved, Handoff | StaleHandoff)
        assert all(each.outcome for each in await store.attempts(HANDOFF))


@pytest.mark.fault("C5")
@pytest.mark.parametrize("number", ROUNDS)
async def test_of_one_who_approves_and_one_who_cancels_the_row_says_who_came_first(
    store: Store, anna: ActContext, ben: ActContext, number: int
) -> None:
    await store.open_call(a_call())
    waiting, _ = await start_handoff(
        anna, CALL, BILLING, reason="you want your money", by=ANNA, completes=Completes.OPERATOR
    )
    await store.begin_attempt(an_attempt(handoff_id=waiting.id), previous=None, actor=HOLDER)
    await store.claim_attempt(waiting.id, FIRST, TARGET, worker=WORKER, at=START)
    await store.accept(waiting.id, FIRST, TARGET, at=START)
    won, told = await at_once(approve(ben, waiting.id, by=BEN), cancel(anna, waiting.id, by=ANNA))
    (row,) = await store.handoffs()
    assert row.state is HandoffState.CANCELLED, "whoever is not sure does not hand over"
    assert len(won) == (2 if row.approved_by else 1)
    assert all(isinstance(refusal, StaleState) and refusal.by == ANNA for refusal in told)


@pytest.mark.fault("C5")
@pytest.mark.parametrize("number", ROUNDS)
async def test_target_that_takes_over_while_it_is_redirected_does_or_is_followed_never_both(
    store: Store, other: Store, anna: ActContext, number: int
) -> None:
    await brought_to(store, HandoffState.ACCEPTED)
    redirected, completed = await asyncio.gather(
        redirect(anna, HANDOFF, TECHNICAL, by=ANNA),
        other.complete(HANDOFF, FIRST, TARGET, at=START),
        return_exceptions=True,
    )
    (row,) = await store.handoffs()
    call = await store.call(CALL)
    assert call is not None
    if isinstance(redirected, Handoff):
        assert isinstance(completed, StaleHandoff)
        assert (row.state, row.redirect_to) == (HandoffState.ACCEPTED, TECHNICAL)
        assert call.holder_job == HOLDER
    else:
        assert isinstance(redirected, ActRefused)
        assert (row.state, call.holder_job) == (HandoffState.COMPLETED, TARGET)


@pytest.mark.fault("C13")
@pytest.mark.parametrize("state", OPEN)
async def test_operator_cancels_in_every_state_that_is_not_terminal(
    store: Store, ben: ActContext, state: HandoffState
) -> None:
    await brought_to(store, state)
    assert (await cancel(ben, HANDOFF, by=BEN)).state is HandoffState.CANCELLED
    assert await ends(store) == ["cancelled"]
    call = await store.call(CALL)
    assert call is not None
    assert (call.holder_job, call.ended_at) == (HOLDER, None), "the caller stays with whoever held the call"


@pytest.mark.fault("C13")
@pytest.mark.parametrize("state", sorted(TERMINAL))
async def test_operator_who_cancels_too_late_is_told_how_it_ended(
    store: Store, ben: ActContext, state: HandoffState
) -> None:
    ended = await brought_to(store, state)
    with pytest.raises(StaleState) as refused:
        await cancel(ben, HANDOFF, by=BEN)
    assert refused.value.state == state
    assert await store.handoff(HANDOFF) == ended
