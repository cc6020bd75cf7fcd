"""The figures of the event loop's benchmark, and its last line."""

from __future__ import annotations

import json
from dataclasses import replace

from bench.loop.figures import Figures, Measured, Side, figures_of, last_line, ratios

ROUND = Measured(
    seconds=10,
    lags_ms=[1.0] * 99 + [8.0],
    longest_without_beat_s=0.012,
    answered=500,
    writes_ms=[2.0, 4.0],
    starts_ms=[10.0],
    errors=["database is locked", "ServerDisconnectedError"],
)
FIGURES = Figures(1.0, 4.0, 9.0, 0.02, 200.0, 2.0, 20.0, 0, 0)


def test_rounds_are_taken_together() -> None:
    other = replace(
        ROUND, lags_ms=[50.0] * 100, longest_without_beat_s=0.3, answered=100, writes_ms=[], errors=[]
    )
    figures = figures_of([ROUND, other])
    assert (figures.lag_p50_ms, figures.lag_p99_ms, figures.lag_max_ms) == (8.0, 50.0, 50.0)
    assert (figures.zero_heartbeat_s, figures.requests_per_s) == (0.3, 30.0)
    assert (figures.write_p99_ms, figures.errors, figures.locked_errors) == (4.0, 2, 1)


def test_what_never_happened_has_no_figure_and_no_ratio() -> None:
    none = figures_of([replace(ROUND, writes_ms=[], starts_ms=[])])
    assert none.write_p99_ms is None
    assert ratios(FIGURES, none)["write_p99_ratio"] is None


def test_ratios_are_batons_over_the_other() -> None:
    other = replace(FIGURES, lag_p99_ms=8.0, write_p99_ms=20.0, requests_per_s=50.0, start_p99_ms=200.0)
    assert ratios(FIGURES, other) == {
        "lag_p99_ratio": 0.5,
        "write_p99_ratio": 0.1,
        "start_p99_ratio": 0.1,
        "throughput_ratio": 4.0,
    }


def test_the_last_line_is_json_of_all_three_services_and_the_ratios() -> None:
    slow = replace(FIGURES, lag_p99_ms=8.0, locked_errors=3, errors=4)
    line = last_line(
        {Side.SYNCHRONOUS: slow, Side.TO_THREAD: slow, Side.BATON: FIGURES}, {"rounds": 2, "clients": 50}
    )
    name, _, text = line.partition(" ")
    assert name == "bench-loop:"
    told = json.loads(text)
    assert told["synchronous"]["lag_p99_ms"] == told["to_thread"]["lag_p99_ms"] == 8.0
    assert told["baton"]["zero_heartbeat_s"] == 0.02
    assert (told["lag_p99_ratio"], told["locked_errors"], told["rounds"]) == (0.5, 0, 2)
