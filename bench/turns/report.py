"""What the benchmark of turns prints: the table of docs/measurements.md, and a last line for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bench.support.report import number
from bench.turns.figures import TARGETS


def markdown(figures: Mapping[str, float | None]) -> Iterator[str]:
    """Yield the table's lines."""
    yield "| figure | measured | target |"
    yield "|---|---|---|"
    for name, value in figures.items():
        yield f"| `{name}` | {number(value)} | {TARGETS.get(name, '')} |"
