"""Metrics for Prometheus. Each scrape asks the store for aggregates, so a restart loses nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from persistence.contract.metrics import Durations, MetricsStore

STEP_BOUNDS_MS = (50, 100, 200, 400, 800, 1_500, 3_000, 5_000, 10_000, 20_000, 30_000)
SEAM_BOUNDS_MS = (100, 200, 300, 400, 500, 750, 1_000, 1_500, 2_000, 3_000, 5_000)
SILENCE_BOUNDS_MS = (250, 500, 750, 1_000, 1_500, 2_000, 3_000, 5_000, 10_000)
WAIT_BOUNDS_MS = (500, 1_000, 2_000, 3_000, 5_000, 10_000, 20_000, 30_000, 60_000, 120_000)


class Metrics(Collector):
    """The store's metrics, beside those that the process itself keeps in `registry`.

    prometheus_client collects synchronously, on the event loop. So `page` reads the store first, and
    `collect` only hands out what was read.
    """

    def __init__(self, store: MetricsStore, registry: CollectorRegistry) -> None:
        self._store = store
        self._registry = registry
        self._families: Sequence[Metric] = ()
        registry.register(self)

    async def page(self) -> bytes:
        """Every metric as of now, in Prometheus's text format. Raises: StoreError."""
        self._families = await _read(self._store)
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        yield from self._families


async def _read(store: MetricsStore) -> Sequence[Metric]:
    handoffs = CounterMetricFamily(
        "baton_handoffs", "Handoffs that have ended.", labels=["outcome", "target"]
    )
    for (outcome, target), count in (await store.handoffs_by_outcome()).items():
        handoffs.add_metric([outcome, target], count)
    steps = HistogramMetricFamily(
        "baton_handoff_step_seconds", "How long a handoff stayed in a state.", labels=["step"]
    )
    for step, durations in (await store.step_durations(STEP_BOUNDS_MS)).items():
        _add(steps, [step], STEP_BOUNDS_MS, durations)
    measured = [
        _histogram(name, meaning, bounds, await durations(bounds))
        for name, meaning, bounds, durations in (
            (
                "seam",
                "From the old holder's last sound to the new holder's first.",
                SEAM_BOUNDS_MS,
                store.seams,
            ),
            (
                "silence",
                "The longest silence that the caller heard during a handoff.",
                SILENCE_BOUNDS_MS,
                store.silences,
            ),
            (
                "on_hold",
                "From the hold line's end until an agent spoke with the caller again.",
                WAIT_BOUNDS_MS,
                store.times_on_hold,
            ),
            ("hold_music", "How much of the time on hold had music.", WAIT_BOUNDS_MS, store.hold_music),
            (
                "time_to_target",
                "From a handoff's request to the target's first word.",
                WAIT_BOUNDS_MS,
                store.times_to_target,
            ),
        )
    ]
    held = GaugeMetricFamily("baton_calls_held", "Open calls.", value=await store.calls_held())
    ended = CounterMetricFamily("baton_calls_ended", "Calls that have ended.", labels=["how"])
    for how, count in (await store.calls_by_end()).items():
        ended.add_metric([how], count)
    errors = CounterMetricFamily("baton_groq_errors", "Model errors during calls.", labels=["part", "error"])
    for (part, error), count in (await store.model_errors()).items():
        errors.add_metric([part, error], count)
    return [handoffs, steps, *measured, held, ended, errors]


def _histogram(
    name: str, meaning: str, bounds_ms: Sequence[int], durations: Durations
) -> HistogramMetricFamily:
    family = HistogramMetricFamily(f"baton_handoff_{name}_seconds", meaning)
    _add(family, [], bounds_ms, durations)
    return family


def _add(
    family: HistogramMetricFamily, labels: Sequence[str], bounds_ms: Sequence[int], durations: Durations
) -> None:
    bounds = [str(ms / 1000) for ms in bounds_ms]
    buckets = [*zip(bounds, durations.at_most, strict=True), ("+Inf", durations.count)]
    family.add_metric(labels, buckets, sum_value=durations.sum_ms / 1000)
