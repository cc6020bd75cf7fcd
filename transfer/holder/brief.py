"""Makes the brief: what a target learns the moment it is ready, as long as its role asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from persistence.records import CALLER, Handoff, Turn
from transfer.protocol import LONGEST_TURN, Brief, Fact, SaidTurn, one_line

FEWEST_TURNS = 4
"""Even for a role that asks only for the summary: the summary comes later, and may be a digest."""
_MOST_SINCE = 20
"""Most turns from a talk while the caller waited: older turns are in the summary."""


def make_brief(
    handoff: Handoff,
    *,
    turns: Sequence[Turn],
    facts: Mapping[str, Fact],
    notes: Sequence[str] = (),
    last: int | None = FEWEST_TURNS,
) -> Brief:
    """Make a brief with the last `last` turns, or all if None; always with the turn that led to the handoff.

    `notes` are the operators' notes to the holder. Those of the handoff and of its redirection come last.
    """
    kept = turns if last is None else turns[-max(last, 1) :]
    return Brief(
        reason=handoff.told_reason,
        reason_is_private=handoff.reason_is_private,
        notes=(*notes, *handoff.told_notes),
        facts=dict(facts),
        turns=_told(kept),
        from_role=handoff.from_role,
    )


def said_since(turns: Sequence[Turn], since: int) -> Sequence[Turn]:
    """Return the talk with a caller who has waited since `since`, ms UTC, from their first words on."""
    later = [turn for turn in turns if turn.started_at > since and not turn.nod]
    first = next((place for place, turn in enumerate(later) if turn.speaker == CALLER), len(later))
    return later[first:]


def with_turns(brief: Brief, more: Sequence[Turn]) -> Brief:
    """Return the brief with what was said after it was made."""
    return brief.model_copy(update={"turns": (*brief.turns, *_told(more[-_MOST_SINCE:]))})


def _told(turns: Sequence[Turn]) -> tuple[SaidTurn, ...]:
    return tuple(SaidTurn(speaker=turn.speaker, text=one_line(turn.text, LONGEST_TURN)) for turn in turns)
