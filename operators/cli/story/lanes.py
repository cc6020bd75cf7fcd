"""Draws who spoke when as rows of blocks over time, with marks above. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from persistence.records import Turn

BLOCK, REST = "█", "·"


@dataclass(frozen=True, slots=True)
class Span:
    """The period to draw, ms UTC, and the number of cells."""

    start: int
    end: int
    cells: int

    def cell(self, at: int) -> int:
        """Return the cell of a point in time, or the nearest cell if the time is outside the span."""
        length = max(1, self.end - self.start)
        return min(self.cells - 1, max(0, (at - self.start) * self.cells // length))


@dataclass(frozen=True, slots=True)
class Lane:
    label: str
    cells: str


def lanes(turns: Iterable[Turn], span: Span) -> list[Lane]:
    """Return one lane per speaker, in the order in which they first speak."""
    rows: dict[str, list[str]] = {}
    for turn in turns:
        if turn.ended_at < span.start or turn.started_at > span.end:
            continue
        row = rows.setdefault(turn.speaker, [REST] * span.cells)
        first, last = span.cell(turn.started_at), span.cell(turn.ended_at - 1)
        for cell in range(first, max(first, last) + 1):
            row[cell] = BLOCK
    return [Lane(speaker, "".join(row)) for speaker, row in rows.items()]


def marked(marks: Sequence[tuple[str, int]], span: Span) -> str:
    """Put each (letter, at) into its cell, or the next free one, because moves come close together."""
    row = [" "] * span.cells
    for letter, at in marks:
        cell = span.cell(at)
        after = [free for free in range(cell, span.cells) if row[free] == " "]
        before = [free for free in range(cell) if row[free] == " "]
        if after or before:
            row[after[0] if after else before[-1]] = letter
    return "".join(row).rstrip()


def axis(span: Span, *, zero: int) -> str:
    """Return an axis with the left, middle and right times, in minutes and seconds after `zero`."""
    left, middle, right = (_minutes(at - zero) for at in (span.start, (span.start + span.end) // 2, span.end))
    gap = span.cells - len(left) - len(middle) - len(right)
    before = max(1, span.cells // 2 - len(left))
    return f"{left}{' ' * before}{middle}{' ' * max(1, gap - before)}{right}"


def _minutes(length_ms: int) -> str:
    minutes, seconds = divmod(abs(length_ms) // 1000, 60)
    return f"{'-' if length_ms < 0 else ''}{minutes}:{seconds:02}"
