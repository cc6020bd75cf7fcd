"""How a benchmark shows its results: tables for people, and a last line of JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console
from rich.table import Column, Table

from bench.support.statistics import summarize

NOT_MEASURED = "not measured"


def print_table(
    console: Console, title: str, numbers: Sequence[str], rows: Iterable[Sequence[str]], *words: str
) -> None:
    """Print a table: the column `title`, then right-aligned `numbers`, then `words`."""
    table = Table(title, *(Column(name, justify="right") for name in numbers), *words)
    for row in rows:
        table.add_row(*row)
    console.print(table)


def number(value: float | None) -> str:
    return NOT_MEASURED if value is None else f"{value:g}"


def count_p50_p95(values: Sequence[float]) -> tuple[str, str, str]:
    """Return a figure's three cells: number of values, median, 95th percentile."""
    if not values:
        return "0", NOT_MEASURED, ""
    summary = summarize(values)
    return str(summary.count), f"{summary.p50:.0f}", f"{summary.p95:.0f}"


def json_line(name: str, found: Mapping[str, object]) -> str:
    """Return `name: {…}` on one line. What was not measured is null."""
    return f"{name}: {json.dumps(found)}"
