"""Metrics for Prometheus. Each scrape asks the store for aggregates, so a restart loses nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from agents.groq.prices import Prices
from operators.api.metrics.cost_metrics import cost_families
from operators.api.metrics.worker_metrics import worker_families
from operators.floor import counted_families, live_families, live_queue, message_families
from operators.spent_limits import limit_families
from persistence.contract.costs import CostStore
from persistence.contract.limits import LimitStore
from persistence.contract.messages import MessageStore
from persistence.contract.metrics import Durations, MetricsStore
from persistence.contract.people import PeopleStore
from persistence.contract.workers import WorkerStore
from persistence.records import CallEnd, RoleName, ToolUseState
from transfer.ports import Clock

STEP_BOUNDS_MS = (50, 100, 200, 400, 800, 1_500, 3_000, 5_000, 10_000, 20_000, 30_000)
SEAM_BOUNDS_MS = (100, 200, 300, 400, 500, 750, 1_000, 1_500, 2_000, 3_000, 5_000)
SILENCE_BOUNDS_MS = (250, 500, 750, 1_000, 1_500, 2_000, 3_000, 5_000, 10_000)
WAIT_BOUNDS_MS = (500, 1_000, 2_000, 3_000, 5_000, 10_000, 20_000, 30_000, 60_000, 120_000)


class CountingStore(MetricsStore, CostStore, LimitStore, WorkerStore, PeopleStore, MessageStore, Protocol):
    """The parts of the store that metrics read."""


class Metrics(Collector):
    """The store's metrics, beside those that the process itself keeps in `registry`.

    prometheus_client collects synchronously, on the event loop. So `page` reads the store first, and
    `collect` only hands out what was read.
    """

    def __init__(
        self,
        store: CountingStore,
        registry: CollectorRegistry,
        prices: Prices,
        clock: Clock,
        *,
        people_roles: Sequence[RoleName] = (),
    ) -> None:
        self._store, self._prices, self._clock = store, prices, clock
        self._people_roles = people_roles
        self._registry = registry
        self._families: Sequence[Metric] = ()
        registry.register(self)

    async def page(self) -> bytes:
        """Return every current metric, in Prometheus's text format. Raises: StoreError."""
        now = self._clock.now_ms()
        self._families = [
            *await _read(self._store),
            *cost_families(await self._store.costs_by_model(), self._prices),
            *limit_families(await self._store.spent_limits()),
            *worker_families(await self._store.living_workers()),
            *live_families(await live_queue(self._store, now)),
            *await counted_families(self._store, self._people_roles, now + 1),
            *await message_families(self._store, self._people_roles, now),
        ]
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
                "From the first hold line's end until an agent spoke with the caller again.",
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
    in_line = await store.calls_waiting()
    waiting = GaugeMetricFamily("baton_calls_in_line", "Callers who wait in line.", value=in_line)
    ended = CounterMetricFamily("baton_calls_ended", "Calls that have ended.", labels=["how"])
    ends = await store.calls_by_end()
    for how in dict.fromkeys((*CallEnd, *ends)):  # 0 as well: else Prometheus does not see the first increase
        ended.add_metric([how], ends.get(how, 0))
    errors = CounterMetricFamily("baton_groq_errors", "Model errors during calls.", labels=["part", "error"])
    for (part, error), count in (await store.model_errors()).items():
        errors.add_metric([part, error], count)
    return [handoffs, steps, *measured, held, waiting, ended, errors, *await _tools(store)]


async def _tools(store: MetricsStore) -> Sequence[Metric]:
    uses = CounterMetricFamily(
        "baton_tool_uses", "Uses of the roles' own tools that have ended.", labels=["tool", "outcome"]
    )
    for (tool, state), count in (await store.tool_uses_by_state()).items():
        if state is not ToolUseState.BEGUN:
            uses.add_metric([tool, state], count)
    took = HistogramMetricFamily(
        "baton_tool_seconds", "How long a role's own tool took to answer.", labels=["tool"]
    )
    for tool, durations in (await store.tool_durations(WAIT_BOUNDS_MS)).items():
        _add(took, [tool], WAIT_BOUNDS_MS, durations)
    lookups = CounterMetricFamily(
        "baton_knowledge_lookups", "Looks of agents into their roles' documents.", labels=["outcome"]
    )
    for outcome, count in (await store.lookups_by_outcome()).items():
        lookups.add_metric([outcome], count)
    return [uses, took, lookups]


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
