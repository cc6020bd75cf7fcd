"""Which moves a handoff may make. Pure: no I/O, no clock."""

from __future__ import annotations

from collections.abc import Mapping

from persistence.records import HandoffState as S

TERMINAL = frozenset({S.COMPLETED, S.DECLINED, S.UNANSWERED, S.FAILED, S.CANCELLED, S.ABANDONED})
_ALWAYS = frozenset({S.FAILED, S.CANCELLED, S.ABANDONED})

MOVES: Mapping[S, frozenset[S]] = {
    S.REQUESTED: frozenset({S.DISPATCHING}) | _ALWAYS,
    S.DISPATCHING: frozenset({S.DISPATCHING, S.BRIEFING, S.UNANSWERED}) | _ALWAYS,
    S.BRIEFING: frozenset({S.DISPATCHING, S.ACCEPTED, S.DECLINED, S.UNANSWERED}) | _ALWAYS,
    S.ACCEPTED: frozenset({S.DISPATCHING, S.COMPLETED}) | _ALWAYS,
    **{state: frozenset() for state in TERMINAL},
}
"""The states that each state may move to. A move back to dispatching is the next attempt."""


def may_move(here: S, there: S) -> bool:
    """Whether one guarded statement may take a handoff from `here` to `there`."""
    return there in MOVES[here]
