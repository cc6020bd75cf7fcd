"""The figures of each way, and Baton's to those of to_thread. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.loop.lag import Window
from bench.support.statistics import percentile


@dataclass(frozen=True, slots=True)
class Measured:
    """One round of one way: what is in its window."""

    window: Window
    lags_ms: Sequence[float]
    longest_still_s: float
    answered: int
    writes_ms: Sequence[float]  # the database's part of a start, as the service waits for it
    starts_ms: Sequence[float]  # a whole start, as the client waits for it
    errors: int = 0
    locked: int = 0  # of the errors, "database is locked", the other process's among them
    went_first: bool = True  # whether the service ran before other programs of the machine


@dataclass(frozen=True, slots=True)
class Figures:
    """All rounds of one way together. None: nothing of the kind happened in the time that counts."""

    lag_p50_ms: float
    lag_p99_ms: float
    lag_max_ms: float
    zero_heartbeat_s: float
    requests_per_s: float
    write_p99_ms: float | None
    start_p99_ms: float | None
    errors: int
    locked_errors: int


def figures_of(rounds: Sequence[Measured]) -> Figures:
    """Raises: ValueError, without rounds."""
    lags = [lag for each in rounds for lag in each.lags_ms]
    writes = [ms for each in rounds for ms in each.writes_ms]
    starts = [ms for each in rounds for ms in each.starts_ms]
    return Figures(
        lag_p50_ms=round(percentile(lags, 50), 2),
        lag_p99_ms=round(percentile(lags, 99), 2),
        lag_max_ms=round(max(lags), 2),
        zero_heartbeat_s=round(max(each.longest_still_s for each in rounds), 3),
        requests_per_s=round(
            sum(each.answered for each in rounds) / sum(each.window.seconds for each in rounds), 1
        ),
        write_p99_ms=round(percentile(writes, 99), 2) if writes else None,
        start_p99_ms=round(percentile(starts, 99), 1) if starts else None,
        errors=sum(each.errors for each in rounds),
        locked_errors=sum(each.locked for each in rounds),
    )


def ratios(baton: Figures, other: Figures) -> dict[str, float | None]:
    """Baton's figures over those of the other way. None: one has none."""
    return {
        "lag_p99_ratio": _ratio(baton.lag_p99_ms, other.lag_p99_ms),
        "write_p99_ratio": _ratio(baton.write_p99_ms, other.write_p99_ms),
        "start_p99_ratio": _ratio(baton.start_p99_ms, other.start_p99_ms),
        "throughput_ratio": _ratio(baton.requests_per_s, other.requests_per_s),
    }


def _ratio(ours: float | None, theirs: float | None) -> float | None:
    return round(ours / theirs, 3) if ours is not None and theirs else None
