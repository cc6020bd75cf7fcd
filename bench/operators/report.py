"""What a run says: a table of every figure, the ratios, and a last line for machines."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Column, Table

from bench.handoff.figures import summarize
from bench.operators.figures import Act, told

_WANTED = {Act.STREAM: "p95 under 300", Act.PAGE: "p95 under 300"}
_RATIOS = {
    "hold_ratio": "an operator's click to the model's row: at most 1.1",
    "hold_from_row_ratio": "row to row",
}


def show(console: Console, figures: Mapping[Act, Sequence[int]]) -> None:
    right = [Column(name, justify="right") for name in ("values", "p50", "p95")]
    table = Table("milliseconds", *right, "wanted")
    for act in Act:
        values = figures.get(act)
        summary = summarize(values) if values else None
        row = (str(summary.count), f"{summary.p50:.0f}", f"{summary.p95:.0f}") if summary else ("0", "", "")
        table.add_row(act.value, *row, _WANTED.get(act, ""))
    console.print(table)
    found = told(figures)
    table = Table("ratio at p50", Column("", justify="right"), "what it is")
    for name, what in _RATIOS.items():
        table.add_row(name, "not measured" if found[name] is None else f"{found[name]:g}", what)
    console.print(table)


def last_line(figures: Mapping[Act, Sequence[int]], about: Mapping[str, object]) -> str:
    """`bench-operators: {…}`, one line of JSON; what was not measured is null. `about` is how it was run."""
    return f"bench-operators: {json.dumps({**told(figures), **about})}"
