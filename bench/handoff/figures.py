"""What is measured, and what is made of it: medians, 95th percentiles, ratios. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Figure(StrEnum):
    """Everything that is measured, in milliseconds. The value is what the table calls it."""

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
"""Baton's figure, and the baseline's that it is divided by.

The turns that LiveKit's turn detector was unsure of, and so waited for 2 s and more, are left out: people
speak clearer than a synthetic voice, and Baton would only look better for it.
"""


@dataclass(frozen=True, slots=True)
class Pauses:
    """Sentences said with a pause inside, and how many of them were not let finish."""

    said: int = 0
    cut: int = 0

    def __add__(self, other: Pauses) -> Pauses:
        return Pauses(self.said + other.said, self.cut + other.cut)


@dataclass(frozen=True, slots=True)
class Measured:
    """What one call of one side gave."""

    figures: Mapping[Figure, Sequence[int]]
    pauses: Pauses = Pauses()


@dataclass(frozen=True, slots=True)
class Summary:
    """Of all values of a figure, in milliseconds."""

    count: int
    p50: float
    p95: float


def summarize(values: Sequence[int]) -> Summary:
    """Raises: ValueError, without values."""
    return Summary(len(values), median(values), percentile(values, 95))


def median(values: Sequence[float]) -> float:
    """The one in the middle, or halfway between the two. Raises: ValueError, without values."""
    if not values:
        raise ValueError("no values")
    ordered, half = sorted(values), len(values) // 2
    return float(ordered[half]) if len(values) % 2 else (ordered[half - 1] + ordered[half]) / 2


def percentile(values: Sequence[float], percent: float) -> float:
    """By nearest rank: the least measured value that `percent` of all do not exceed, never one in between.

    Raises: ValueError, without values.
    """
    if not values:
        raise ValueError("no values")
    return float(sorted(values)[max(0, math.ceil(len(values) * percent / 100) - 1)])


def gather(rounds: Iterable[Measured]) -> dict[Figure, list[int]]:
    """Collect all values by figure, in the table's order."""
    gathered: dict[Figure, list[int]] = {figure: [] for figure in Figure}
    for measured in rounds:
        for figure, values in measured.figures.items():
            gathered[figure] += values
    return gathered


def ratios(figures: Mapping[Figure, Sequence[int]]) -> dict[str, float | None]:
    """Each ratio at p50, and as `…_p95` that of the 95th percentiles. None: a side was not measured."""
    found: dict[str, float | None] = {}
    for name, (ours, theirs) in RATIOS.items():
        both = figures.get(ours) and figures.get(theirs)
        mine, other = (summarize(figures[ours]), summarize(figures[theirs])) if both else (None, None)
        found[name] = _ratio(mine.p50, other.p50) if mine and other else None
        found[f"{name}_p95"] = _ratio(mine.p95, other.p95) if mine and other else None
    return found


def _ratio(ours: float, theirs: float) -> float | None:
    return round(ours / theirs, 3) if theirs > 0 else None
