"""What the operators' benchmark prints: every figure, the ratios, and a last line for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console

from bench.operators.figures import Act, summarized
from bench.support.report import count_p50_p95, json_line, number, print_table

_WANTED = {Act.STREAM: "p95 under 300", Act.PAGE: "p95 under 300"}
_RATIOS = {
    "hold_ratio": "an operator's click to the model's row: at most 1.1",
    "hold_from_row_ratio": "row to row",
}


def show(console: Console, figures: Mapping[Act, Sequence[int]]) -> None:
    rows = [(act.value, *count_p50_p95(figures.get(act, ())), _WANTED.get(act, "")) for act in Act]
    print_table(console, "milliseconds", ("values", "p50", "p95"), rows, "wanted")
    found = summarized(figures)
    ratios = [(name, number(found[name]), what) for name, what in _RATIOS.items()]
    print_table(console, "ratio at p50", ("",), ratios, "what it is")


def last_line(figures: Mapping[Act, Sequence[int]], about: Mapping[str, object]) -> str:
    """Return `bench-operators: {…}`. `about` says how the benchmark was run."""
    return json_line("bench-operators", {**summarized(figures), **about})
