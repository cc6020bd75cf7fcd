"""The benchmark's arithmetic."""

from __future__ import annotations

import json
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.handoff.figures import (
    RATIOS,
    Figure,
    Measured,
    Pauses,
    gather,
    median,
    percentile,
    ratios,
    summarize,
)
from bench.handoff.report import last_line
from local.groq_standin.latencies import LIKE_GROQ

VALUES = st.lists(st.integers(0, 60_000), min_size=1, max_size=60)


def test_the_95th_percentile_of_twenty_values_is_the_nineteenth() -> None:
    assert percentile(list(range(20, 0, -1)), 95) == 19


def test_of_one_value_every_figure_is_that_value() -> None:
    summary = summarize([7])
    assert (summary.count, summary.p50, summary.p95) == (1, 7, 7)


def test_without_values_there_is_no_figure() -> None:
    with pytest.raises(ValueError, match="no values"):
        median([])
    with pytest.raises(ValueError, match="no values"):
        percentile([], 95)


@given(VALUES)
def test_the_median_is_the_standard_librarys(values: list[int]) -> None:
    assert median(values) == statistics.median(values)


@given(VALUES, st.integers(1, 100))
def test_a_percentile_was_measured_and_is_not_exceeded_by_that_share(values: list[int], percent: int) -> None:
    found = percentile(values, percent)
    assert found in values
    assert sum(value <= found for value in values) * 100 >= len(values) * percent
    assert sum(value < found for value in values) * 100 < len(values) * percent


def test_all_values_of_all_rounds_are_gathered() -> None:
    rounds = [Measured({Figure.TURN: [1, 2]}), Measured({Figure.TURN: [3], Figure.SEAM: [4]})]
    gathered = gather(rounds)
    assert gathered[Figure.TURN] == [1, 2, 3]
    assert gathered[Figure.SEAM] == [4]
    assert gathered[Figure.READY] == []


def test_every_ratio_is_batons_figure_over_its_baselines() -> None:
    figures = {figure: [400] if figure.startswith("Baton") else [500, 100, 500] for figure in Figure}
    found = ratios(figures)
    assert set(found) == {name + suffix for name in RATIOS for suffix in ("", "_p95")}
    assert set(found.values()) == {0.8}


def test_a_ratio_without_one_of_its_sides_is_null() -> None:
    found = ratios({Figure.SEAM: [40]})
    assert found["seam_ratio"] is None
    assert found["seam_ratio_p95"] is None


def test_pauses_add_up() -> None:
    assert sum([Pauses(1, 0), Pauses(2, 1)], Pauses()) == Pauses(3, 1)


def test_the_last_line_is_json_with_ratios_pauses_rounds_and_latencies() -> None:
    figures = {figure: [100] for figure in Figure}
    line = last_line(
        figures, {"plain": Pauses(20, 3), "Baton": Pauses(20, 1)}, rounds=20, latencies=LIKE_GROQ
    )
    name, _, text = line.partition(" ")
    assert name == "bench-handoff:"
    told = json.loads(text)
    assert told["turn_ratio"] == told["turn_ratio_p95"] == 1.0
    assert (told["cut_pauses"], told["plain_cut_pauses"], told["rounds"]) == (1, 3, 20)
    assert told["latencies"] == LIKE_GROQ.model_dump()
