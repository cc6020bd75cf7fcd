"""Medians, percentiles and ratios of what was measured. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Summary:
    """One figure's count, median and 95th percentile; p50 and p95 in the unit of the values."""

    count: int
    p50: float
    p95: float


def summarize(values: Sequence[float]) -> Summary:
    """Raises: ValueError, without values."""
    return Summary(len(values), median(values), percentile(values, 95))


def median(values: Sequence[float]) -> float:
    """Return the middle value, or halfway between the two middle ones. Raises: ValueError, without values."""
    if not values:
        raise ValueError("no values")
    ordered, half = sorted(values), len(values) // 2
    return float(ordered[half]) if len(values) % 2 else (ordered[half - 1] + ordered[half]) / 2


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the percentile by nearest rank: the smallest value that `percent` of all values do not exceed.

    Never a value between two measured ones. Raises: ValueError, without values.
    """
    if not values:
        raise ValueError("no values")
    return float(sorted(values)[max(0, math.ceil(len(values) * percent / 100) - 1)])


def ratio(ours: float | None, theirs: float | None) -> float | None:
    """Return `ours` over `theirs`, to three digits. None if one was not measured, or `theirs` is 0."""
    return round(ours / theirs, 3) if ours is not None and theirs else None
