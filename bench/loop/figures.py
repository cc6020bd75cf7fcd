"""The figures of each service, and the ratios of Baton's to those of to_thread. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

from rich.console import Console

from bench.support.report import json_line, number, print_table
from bench.support.statistics import percentile, ratio


class Side(StrEnum):
    """The three services. The value is the key in the last line."""

    SYNCHRONOUS = "synchronous"
    TO_THREAD = "to_thread"
    BATON = "baton"


@dataclass(frozen=True, slots=True)
class Measured:
    """One round of one service, after the warm-up; `errors` include those of the warm-up.

    A write is timed from the service's request to the commit, a start as its client waits for it.
    """

    seconds: float
    lags_ms: Sequence[float]
    longest_without_beat_s: float
    answered: int
    writes_ms: Sequence[float]
    starts_ms: Sequence[float]
    errors: Sequence[str] = ()
    went_first: bool = True  # the service had priority over the machine's other programs


@dataclass(frozen=True, slots=True)
class Figures:
    """All rounds of one service. None: nothing of the kind happened."""

    lag_p50_ms: float
    lag_p99_ms: float
    lag_max_ms: float
    zero_heartbeat_s: float  # the longest time without a heartbeat
    requests_per_s: float
    write_p99_ms: float | None
    start_p99_ms: float | None
    errors: int
    locked_errors: int  # of the errors, "database is locked"


def figures_of(rounds: Sequence[Measured]) -> Figures:
    """Return the figures of all rounds. Raises: ValueError, without rounds."""
    lags = [lag for each in rounds for lag in each.lags_ms]
    writes = [ms for each in rounds for ms in each.writes_ms]
    starts = [ms for each in rounds for ms in each.starts_ms]
    errors = [error for each in rounds for error in each.errors]
    answered, seconds = sum(each.answered for each in rounds), sum(each.seconds for each in rounds)
    return Figures(
        lag_p50_ms=round(percentile(lags, 50), 2),
        lag_p99_ms=round(percentile(lags, 99), 2),
        lag_max_ms=round(max(lags), 2),
        zero_heartbeat_s=round(max(each.longest_without_beat_s for each in rounds), 3),
        requests_per_s=round(answered / seconds, 1),
        write_p99_ms=round(percentile(writes, 99), 2) if writes else None,
        start_p99_ms=round(percentile(starts, 99), 1) if starts else None,
        errors=len(errors),
        locked_errors=sum("locked" in error for error in errors),
    )


def ratios(baton: Figures, other: Figures) -> dict[str, float | None]:
    """Return Baton's figures over the other service's. None: one was not measured."""
    return {
        "lag_p99_ratio": ratio(baton.lag_p99_ms, other.lag_p99_ms),
        "write_p99_ratio": ratio(baton.write_p99_ms, other.write_p99_ms),
        "start_p99_ratio": ratio(baton.start_p99_ms, other.start_p99_ms),
        "throughput_ratio": ratio(baton.requests_per_s, other.requests_per_s),
    }


def show(console: Console, figures: Mapping[Side, Figures]) -> None:
    columns = [asdict(each) for each in figures.values()]
    rows = [(name, *(number(column[name]) for column in columns)) for name in columns[0]]
    print_table(console, "", list(figures), rows)
    found = ratios(figures[Side.BATON], figures[Side.TO_THREAD])
    print_table(console, "Baton to to_thread", ("",), [(name, number(each)) for name, each in found.items()])


def last_line(figures: Mapping[Side, Figures], about: Mapping[str, object]) -> str:
    """Return `bench-loop: {…}`. `about` says how the benchmark was run."""
    sides = {side.value: asdict(each) for side, each in figures.items()}
    found = ratios(figures[Side.BATON], figures[Side.TO_THREAD])
    locked = figures[Side.BATON].locked_errors
    return json_line("bench-loop", {**sides, **found, "locked_errors": locked, **about})
