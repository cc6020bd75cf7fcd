"""Makes the brief: what a target is told the moment it is ready, as much of it as its role wants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from persistence.records import Handoff, Turn
from transfer.protocol import Brief, SaidTurn

FEWEST_TURNS = 4
"""A role that asks for the summary alone still gets these: the summary comes later, or from the digest."""


def make_brief(
    handoff: Handoff, *, turns: Sequence[Turn], facts: Mapping[str, str], last: int | None = FEWEST_TURNS
) -> Brief:
    """The last `last` turns, or all with None. The turn that led to the handoff is always among them."""
    kept = turns if last is None else turns[-max(last, 1) :]
    return Brief(
        reason=handoff.reason,
        facts=dict(facts),
        turns=tuple(SaidTurn(speaker=turn.speaker, text=turn.text) for turn in kept),
        from_role=handoff.from_role,
    )
