"""Every store keeps to the table of moves: each pair of states, and walks that hypothesis makes up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from errors import StaleHandoff
from persistence.contract.handoffs import Outcome
from persistence.contract.store import Store
from persistence.records import AttemptId, CallEnd, HandoffState, JobId
from tests.contract.building import (
    CALL,
    FIRST,
    HANDOFF,
    HOLDER,
    OPERATOR,
    START,
    WORKER,
    OpenStore,
    an_attempt,
    brought_to,
    move,
    requested,
)
from tests.contract.conftest import STORES, StoreClock
from transfer.states import MOVES, TERMINAL, may_move

REACHED_BY_A_MOVE = [state for state in HandoffState if state is not HandoffState.REQUESTED]
PAIRS = list(product(HandoffState, REACHED_BY_A_MOVE))


@pytest.mark.parametrize(("here", "there"), [pair for pair in PAIRS if may_move(*pair)])
async def test_an_allowed_move_succeeds(store: Store, here: HandoffState, there: HandoffState) -> None:
    handoff = await brought_to(store, here)
    moved = await move(store, handoff, there)
    assert moved.state is there
    assert await store.handoff(HANDOFF) == moved
    assert (moved.ended_at is not None) == (there in TERMINAL)


@pytest.mark.parametrize(("here", "there"), [pair for pair in PAIRS if not may_move(*pair)])
async def test_any_other_move_is_refused_and_changes_nothing(
    store: Store, here: HandoffState, there: HandoffState
) -> None:
    handoff = await brought_to(store, here)
    attempts, events, call = (
        await store.attempts(HANDOFF),
        await store.events(),
        await store.call(CALL),
    )
    with pytest.raises(StaleHandoff):
        await move(store, handoff, there)
    assert await store.handoff(HANDOFF) == handoff
    assert (await store.attempts(HANDOFF), await store.events(), await store.call(CALL)) == (
        attempts,
        events,
        call,
    )


async def test_nothing_is_completed_but_by_its_target(store: Store) -> None:
    await brought_to(store, HandoffState.ACCEPTED)
    with pytest.raises(StaleHandoff):
        await store.end_handoff(
            HANDOFF, Outcome(HandoffState.COMPLETED, ""), attempt_id=FIRST, actor=HOLDER, at=START
        )


class Walk(RuleBasedStateMachine):
    """Any order of moves by any job, compared with a model of what the table allows."""

    opening: Callable[[Path, StoreClock], OpenStore]

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.Runner()
        self.opened = AsyncExitStack()
        folder = TemporaryDirectory()
        self.opened.callback(folder.cleanup)
        self.store = self.loop.run(self._open(Path(folder.name)))
        self.state = HandoffState.REQUESTED
        self.tries = 0
        self.claimed_by: JobId | None = None
        self.call_open = True

    async def _open(self, folder: Path) -> Store:
        store = await self.opened.enter_async_context(self.opening(folder, StoreClock())())
        await requested(store)
        return store

    @property
    def current(self) -> AttemptId:
        return AttemptId(f"attempt-{self.tries}")

    def stepped(self, step: object, *, to: HandoffState, allowed: bool) -> bool:
        """Take the step; it must succeed exactly when the model allows it."""
        allowed = allowed and to in MOVES[self.state]
        try:
            self.loop.run(step)  # type: ignore[arg-type]  # one of the store's coroutines
        except StaleHandoff:
            assert not allowed
            return False
        assert allowed
        self.state = to
        return True

    @rule(first=st.booleans())
    def begin(self, first: bool) -> None:
        attempt = an_attempt(AttemptId(f"attempt-{self.tries + 1}"))
        previous = None if first else Outcome(HandoffState.FAILED, "so")
        step = self.store.begin_attempt(attempt, previous=previous, actor=HOLDER)
        fits = first == (self.state is HandoffState.REQUESTED)
        if self.stepped(step, to=HandoffState.DISPATCHING, allowed=fits):
            self.tries += 1
            self.claimed_by = None

    @rule(job=st.sampled_from(["job-a", "job-b"]))
    def claim(self, job: str) -> None:
        step = self.store.claim_attempt(HANDOFF, self.current, JobId(job), worker=WORKER, at=START)
        if self.stepped(step, to=HandoffState.BRIEFING, allowed=True):
            self.claimed_by = JobId(job)

    @rule(job=st.sampled_from(["job-a", "job-b"]))
    def accept(self, job: str) -> None:
        step = self.store.accept(HANDOFF, self.current, JobId(job), at=START)
        self.stepped(step, to=HandoffState.ACCEPTED, allowed=job == self.claimed_by)

    @rule(job=st.sampled_from(["job-a", "job-b"]))
    def complete(self, job: str) -> None:
        step = self.store.complete(HANDOFF, self.current, JobId(job), at=START)
        self.stepped(step, to=HandoffState.COMPLETED, allowed=job == self.claimed_by)

    @rule(outcome=st.sampled_from(sorted(TERMINAL)), of_current=st.booleans())
    def end(self, outcome: HandoffState, of_current: bool) -> None:
        attempt = self.current if of_current else None
        step = self.store.end_handoff(
            HANDOFF, Outcome(outcome, "so"), attempt_id=attempt, actor=OPERATOR, at=START
        )
        fits = outcome is not HandoffState.COMPLETED and (self.tries > 0 or not of_current)
        self.stepped(step, to=outcome, allowed=fits)

    @rule(job=st.sampled_from([HOLDER, "job-a", "job-b"]))
    def end_call(self, job: str) -> None:
        holder = self.claimed_by if self.state is HandoffState.COMPLETED else HOLDER
        fits = self.call_open and job == holder
        ended = self.loop.run(self.store.end_call(CALL, CallEnd.GOODBYE, job=JobId(job), at=START))
        assert ended == fits
        if ended:
            self.call_open = False
            self.state = self.state if self.state in TERMINAL else HandoffState.ABANDONED

    @invariant()
    def the_rows_are_as_the_model(self) -> None:
        handoff = self.loop.run(self.store.handoff(HANDOFF))
        attempts = self.loop.run(self.store.attempts(HANDOFF))
        assert handoff is not None
        assert handoff.state is self.state
        assert len(attempts) == self.tries
        assert all(attempt.outcome for attempt in attempts[:-1])
        if attempts:
            assert attempts[-1].outcome == (self.state if self.state in TERMINAL else None)

    def teardown(self) -> None:
        self.loop.run(self.opened.aclose())
        self.loop.close()


@pytest.fixture(params=STORES)
def walk(request: pytest.FixtureRequest) -> type[Walk]:
    return type("Walk", (Walk,), {"opening": partial(STORES[request.param], request)})


def test_no_order_of_moves_leaves_the_table(walk: type[Walk]) -> None:
    few = settings(max_examples=25, stateful_step_count=15, suppress_health_check=[HealthCheck.too_slow])
    run_state_machine_as_test(walk, settings=few)
