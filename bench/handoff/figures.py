"""What the handoff benchmark measures, and its ratios. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from bench.support.dialogue import Pauses
from bench.support.statistics import ratio, summarize


class Figure(StrEnum):
    """Every figure, in milliseconds. The value is its name in the table."""

    BARE_SOUND = "bare: request → first sound"
    SWAP_SEAM = "swap: seam"
    PLAIN_GREETING = "plain: connect → first sound"
    PLAIN_TURN = "plain: turn"
    PLAIN_UNSURE = "plain: turn its detector was unsure of"
    GREETING = "Baton: connect → first sound"
    TURN = "Baton: holder's turn"
    READY = "Baton: request → accepted"
    SEAM = "Baton: seam"
    TARGET_TURN = "Baton: target's turn"


RATIOS: Mapping[str, tuple[Figure, Figure]] = {
    "ready_ratio": (Figure.READY, Figure.BARE_SOUND),
    "seam_ratio": (Figure.SEAM, Figure.SWAP_SEAM),
    "turn_ratio": (Figure.TURN, Figure.PLAIN_TURN),
    "target_turn_ratio": (Figure.TARGET_TURN, Figure.PLAIN_TURN),
    "greeting_ratio": (Figure.GREETING, Figure.PLAIN_GREETING),
}
"""Baton's figure, and the baseline's figure that it is divided by.

Turns that LiveKit's turn detector was unsure of, so that it waited for 2 s or more, are left out. People
speak more clearly than a synthetic voice, and counting these turns would flatter Baton.
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """The figures of one call of one side."""

    figures: Mapping[Figure, Sequence[int]]
    pauses: Pauses = field(default_factory=Pauses)


def gather(calls: Iterable[Measured]) -> dict[Figure, list[int]]:
    """Collect the values of all calls by figure, in the table's order."""
    gathered: dict[Figure, list[int]] = {figure: [] for figure in Figure}
    for measured in calls:
        for figure, values in measured.figures.items():
            gathered[figure] += values
    return gathered


def ratios(figures: Mapping[Figure, Sequence[int]]) -> dict[str, float | None]:
    """Return each ratio, of medians and as `…_p95` of 95th percentiles. None: one side was not measured."""
    found: dict[str, float | None] = {}
    for name, (ours, theirs) in RATIOS.items():
        both = figures.get(ours) and figures.get(theirs)
        mine, other = (summarize(figures[ours]), summarize(figures[theirs])) if both else (None, None)
        found[name] = ratio(mine.p50, other.p50) if mine and other else None
        found[f"{name}_p95"] = ratio(mine.p95, other.p95) if mine and other else None
    return found
