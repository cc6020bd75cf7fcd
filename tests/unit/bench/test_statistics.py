"""Medians and percentiles."""

from __future__ import annotations

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.support.statistics import median, percentile, summarize

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
