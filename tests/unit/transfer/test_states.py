"""The state table against a model of it, which is a second table written in another way."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persistence.records import HandoffState
from transfer.states import MOVES, TERMINAL, may_move

S = HandoffState
STATES = list(S)
OPEN = [S.REQUESTED, S.DISPATCHING, S.BRIEFING, S.ACCEPTED]
ANY_TIME = [S.FAILED, S.CANCELLED, S.ABANDONED]
FORWARD = {(S.REQUESTED, S.DISPATCHING), (S.DISPATCHING, S.BRIEFING), (S.BRIEFING, S.ACCEPTED)}
NEXT_ATTEMPT = {(state, S.DISPATCHING) for state in OPEN if state is not S.REQUESTED}
ENDS = {
    (S.DISPATCHING, S.UNANSWERED),
    (S.BRIEFING, S.UNANSWERED),
    (S.BRIEFING, S.DECLINED),
    (S.ACCEPTED, S.COMPLETED),
    *product(OPEN, ANY_TIME),
}
MODEL = FORWARD | NEXT_ATTEMPT | ENDS


def test_a_move_is_allowed_where_the_model_allows_it_and_nowhere_else(subtests: pytest.Subtests) -> None:
    for here, there in product(STATES, STATES):
        with subtests.test(here=here, there=there):
            assert may_move(here, there) is ((here, there) in MODEL)


def test_every_state_is_in_the_table() -> None:
    assert set(MOVES) == set(STATES)
    assert set(STATES) - TERMINAL == set(OPEN)


def test_nothing_leads_out_of_a_terminal_state(subtests: pytest.Subtests) -> None:
    for state in sorted(TERMINAL):
        with subtests.test(state=state):
            assert not MOVES[state]


def test_an_open_handoff_may_always_fail_be_cancelled_or_abandoned(subtests: pytest.Subtests) -> None:
    for state, end in product(OPEN, ANY_TIME):
        with subtests.test(state=state, end=end):
            assert may_move(state, end)


def test_every_state_can_be_reached_from_requested() -> None:
    reached, seen = {S.REQUESTED}, set[HandoffState]()
    while reached - seen:
        seen |= (news := reached - seen)
        reached |= {there for here in news for there in MOVES[here]}
    assert reached == set(STATES)


@given(st.lists(st.sampled_from(STATES), max_size=30))
def test_whatever_is_tried_completed_comes_only_from_an_acceptance_of_the_same_attempt(
    tries: list[HandoffState],
) -> None:
    here, path = S.REQUESTED, [S.REQUESTED]
    for there in tries:
        if may_move(here, there):
            here = there
            path.append(there)
    assert sum(state in TERMINAL for state in path) <= 1
    if here is S.COMPLETED:
        assert path[-4:] == [S.DISPATCHING, S.BRIEFING, S.ACCEPTED, S.COMPLETED]
