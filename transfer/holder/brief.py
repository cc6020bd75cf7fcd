"""Makes the brief: what a target is told the moment it is ready, in the length that its role asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from persistence.records import Handoff, Turn
from transfer.protocol import LONGEST_TURN, Brief, Fact, SaidTurn, one_line

FEWEST_TURNS = 4
"""Also for a role that asks for the summary alone: the summary comes later, and may be a digest."""


def make_brief(
    handoff: Handoff,
    *,
    turns: Sequence[Turn],
    facts: Mapping[str, Fact],
    notes: Sequence[str] = (),
    last: int | None = FEWEST_TURNS,
) -> Brief:
    """With the last `last` turns, or all if None; always with the turn that led to the handoff.

    `notes` are what operators have told the holder; the handoff's own, and its redirection's, come last.
    """
    kept = turns if last is None else turns[-max(last, 1) :]
    return Brief(
        reason=handoff.told_reason,
        reason_is_private=handoff.reason_is_private,
        notes=(*notes, *handoff.told_notes),
        facts=dict(facts),
        turns=tuple(SaidTurn(speaker=turn.speaker, text=one_line(turn.text, LONGEST_TURN)) for turn in kept),
        from_role=handoff.from_role,
    )
