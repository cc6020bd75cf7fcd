"""What the handoff benchmark prints: every figure, the ratios, and a last line for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console

from bench.handoff.figures import Figure, ratios
from bench.support.dialogue import Pauses
from bench.support.report import NOT_MEASURED, count_p50_p95, json_line, print_table
from local.groq_standin.latencies import Latencies


def show(console: Console, figures: Mapping[Figure, Sequence[int]], pauses: Mapping[str, Pauses]) -> None:
    rows: list[tuple[str, ...]] = [(each.value, *count_p50_p95(values)) for each, values in figures.items()]
    for side, count in pauses.items():
        rows.append((f"{side}: sentences with a pause; interrupted", str(count.said), str(count.cut), ""))
    print_table(console, "milliseconds at the caller's ear", ("values", "p50", "p95"), rows)
    found = ratios(figures)
    names = [name for name in found if not name.endswith("_p95")]
    rows = [(name, _text(found[name]), _text(found[f"{name}_p95"])) for name in names]
    print_table(console, "Baton to its baseline", ("p50", "p95"), rows)


def last_line(
    figures: Mapping[Figure, Sequence[int]],
    pauses: Mapping[str, Pauses],
    *,
    rounds: int,
    latencies: Latencies,
) -> str:
    """Return `bench-handoff: {…}`. A ratio that could not be computed is null."""
    found = {
        **ratios(figures),
        "cut_pauses": pauses["Baton"].cut,
        "plain_cut_pauses": pauses["plain"].cut,
        "rounds": rounds,
        "latencies": latencies.model_dump(),
    }
    return json_line("bench-handoff", found)


def _text(value: float | None) -> str:
    return NOT_MEASURED if value is None else f"{value:.2f}"
