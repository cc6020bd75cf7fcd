"""Groq's currently spent limits, in words and as a metric. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from prometheus_client.core import GaugeMetricFamily, Metric

from agents.groq.durations import lasting
from persistence.records import SpentLimit


def words_of(limit: SpentLimit) -> str:
    """Describe the limit, such as "the day's limit of whisper-large-v3 is spent for 37 minutes"."""
    what = "the day's limit" if limit.day else "a limit of a minute or an hour"
    return f"{what} of {limit.model} is spent for {lasting(limit.left_ms / 1000)}"


def limit_families(spent: Sequence[SpentLimit]) -> Sequence[Metric]:
    """Return the seconds until each spent limit has room again. A limit that has room is left out."""
    left = GaugeMetricFamily(
        "baton_groq_limit_spent_seconds",
        "Seconds until a limit that is spent has room again, as Groq said.",
        labels=["model", "limit"],
    )
    longest: dict[tuple[str, str], float] = {}  # several accounts may have spent the same limit
    for limit in spent:
        labels = (limit.model, "day" if limit.day else "short")
        longest[labels] = max(longest.get(labels, 0.0), limit.left_ms / 1000)
    for each, seconds in longest.items():
        left.add_metric(each, seconds)
    return [left]
