"""What a run says: a table of every figure, the ratios, and a last line for machines."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Column, Table

from bench.handoff.figures import Figure, Pauses, ratios, summarize
from local.groq_standin.latencies import Latencies


def show(
    console: Console,
    figures: Mapping[Figure, Sequence[int]],
    paused: Mapping[str, Pauses],
) -> None:
    """Print the table of figures, then that of the ratios."""
    table = Table("milliseconds at the caller's ear", *_right("values", "p50", "p95"))
    for figure, values in figures.items():
        table.add_row(figure.value, str(len(values)), *_both(values))
    for side, count in paused.items():
        table.add_row(f"{side}: sentences with a pause, and of them cut", str(count.said), str(count.cut), "")
    console.print(table)
    found = ratios(figures)
    table = Table("Baton to its baseline", *_right("p50", "p95"))
    for name in (name for name in found if not name.endswith("_p95")):
        table.add_row(name, _text(found[name]), _text(found[f"{name}_p95"]))
    console.print(table)


def last_line(
    figures: Mapping[Figure, Sequence[int]],
    paused: Mapping[str, Pauses],
    *,
    rounds: int,
    latencies: Latencies,
) -> str:
    """`bench-handoff: {…}`, one line of JSON; a ratio that could not be made is null."""
    found = {
        **ratios(figures),
        "cut_pauses": paused["Baton"].cut,
        "plain_cut_pauses": paused["plain"].cut,
        "rounds": rounds,
        "latencies": latencies.model_dump(),
    }
    return f"bench-handoff: {json.dumps(found)}"


def _right(*names: str) -> list[Column]:
    return [Column(name, justify="right") for name in names]


def _both(values: Sequence[int]) -> tuple[str, str]:
    if not values:
        return "not measured", ""
    summary = summarize(values)
    return f"{summary.p50:.0f}", f"{summary.p95:.0f}"


def _text(ratio: float | None) -> str:
    return "not measured" if ratio is None else f"{ratio:.2f}"
