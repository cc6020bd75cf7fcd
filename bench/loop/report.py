"""What a run says: a table of the three ways, Baton to to_thread, and a last line for machines."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict

from rich.console import Console
from rich.table import Column, Table

from bench.loop.figures import Figures, ratios
from bench.loop.ways import Way

_NAMES = {
    "lag_p50_ms": "lag p50, ms",
    "lag_p99_ms": "lag p99, ms",
    "lag_max_ms": "lag max, ms",
    "zero_heartbeat_s": "longest without a beat, s",
    "requests_per_s": "requests answered a second",
    "write_p99_ms": "write to the database p99, ms",
    "start_p99_ms": "a start as the client sees it p99, ms",
    "errors": "errors",
    "locked_errors": "of them: database is locked",
}
_WANTED = {
    "lag_p99_ratio": "at most 1.0",
    "write_p99_ratio": "at most 0.5",
    "start_p99_ratio": "",
    "throughput_ratio": "at least 1.0",
}
_OF_BATON = {"lag_p99_ms": "Baton's under 10", "zero_heartbeat_s": "Baton's under 0.1", "locked_errors": "0"}


def show(console: Console, figures: Mapping[Way, Figures]) -> None:
    table = Table("", *(Column(way, justify="right") for way in figures), "wanted")
    for name, title in _NAMES.items():
        table.add_row(
            title, *(_text(asdict(each)[name]) for each in figures.values()), _OF_BATON.get(name, "")
        )
    console.print(table)
    table = Table("Baton to to_thread", Column("", justify="right"), "wanted")
    for name, ratio in ratios(figures[Way.BATON], figures[Way.TO_THREAD]).items():
        table.add_row(name, _text(ratio), _WANTED[name])
    console.print(table)


def last_line(figures: Mapping[Way, Figures], about: Mapping[str, object]) -> str:
    """`bench-loop: {…}`, one line of JSON; what could not be measured is null. `about` is how it was run."""
    found = {
        **{way.value: asdict(each) for way, each in figures.items()},
        **ratios(figures[Way.BATON], figures[Way.TO_THREAD]),
        "locked_errors": figures[Way.BATON].locked_errors,
        **about,
    }
    return f"bench-loop: {json.dumps(found)}"


def _text(value: float | None) -> str:
    return "not measured" if value is None else f"{value:g}"
