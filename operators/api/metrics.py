"""Metrics for Prometheus from the store: all of it at first, then what came since. No ids, no words."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from persistence.contract.handoffs import Store
from persistence.contract.metrics import Ending
from transfer.ports import Clock
from transfer.states import TERMINAL

PAGE = 500
SETTLED_MS = 10_000
"""What a caller heard is written down a moment after the handoff's end; by then it is there."""

_STEP_S = (0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 3.0, 5.0, 10.0, 20.0, 30.0)
_SEAM_S = (0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0)
_SILENCE_S = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)


class Meter:
    """One a service; what it counts goes on from the store's beginning, so that a restart loses nothing."""

    def __init__(self, store: Store, clock: Clock, registry: CollectorRegistry) -> None:
        self._store = store
        self._clock = clock
        self._registry = registry
        self._one_at_a_time = asyncio.Lock()
        self._moved = self._over = self._failed = 0
        self._heard: Ending = (0, "")
        self._handoffs = Counter(
            "baton_handoffs", "Handoffs that are over.", ["outcome", "target"], registry=registry
        )
        self._steps = Histogram(
            "baton_handoff_step_seconds",
            "How long a handoff was in a state.",
            ["step"],
            buckets=_STEP_S,
            registry=registry,
        )
        self._seam = Histogram(
            "baton_handoff_seam_seconds",
            "From the last sound of the old holder to the first of the new one.",
            buckets=_SEAM_S,
            registry=registry,
        )
        self._silence = Histogram(
            "baton_handoff_silence_seconds",
            "The longest silence a caller heard in a handoff.",
            buckets=_SILENCE_S,
            registry=registry,
        )
        self._held = Gauge("baton_calls_held", "Calls that are open.", registry=registry)
        self._ended = Counter("baton_calls_ended", "Calls that are over.", ["how"], registry=registry)
        self._errors = Counter(
            "baton_groq_errors", "Models that failed in calls.", ["part", "error"], registry=registry
        )

    async def written(self) -> bytes:
        """The page for Prometheus, as of now. Raises: StoreError."""
        async with self._one_at_a_time:
            await self._catch_up()
            self._held.set(await self._store.calls_held())
        return generate_latest(self._registry)

    async def _catch_up(self) -> None:
        # Everything up to the newest event has been looked at, whether or not something of it counts.
        latest = await self._store.latest_event()
        await _each_page(self._count_moves)
        await _each_page(self._count_ends)
        self._moved, self._over = max(self._moved, latest), max(self._over, latest)
        await _each_page(self._count_heard)
        await _each_page(self._count_failures)

    async def _count_moves(self) -> Sequence[object]:
        moves = await self._store.moves(after=self._moved, limit=PAGE)
        for move in moves:
            self._moved = move.place
            if move.moved_to in TERMINAL:
                self._handoffs.labels(move.moved_to, move.target).inc()
            if move.moved_from is not None and move.took_ms is not None:
                self._steps.labels(move.moved_from).observe(max(0, move.took_ms) / 1000)
        return moves

    async def _count_ends(self) -> Sequence[object]:
        ends = await self._store.calls_over(after=self._over, limit=PAGE)
        for end in ends:
            self._over = end.place
            self._ended.labels(end.how).inc()
        return ends

    async def _count_heard(self) -> Sequence[object]:
        until = self._clock.now_ms() - SETTLED_MS
        heard = await self._store.heard(after=self._heard, until=until, limit=PAGE)
        for one in heard:
            self._heard = one.place
            if one.seam_ms is not None:
                self._seam.observe(max(0, one.seam_ms) / 1000)
            if one.silence_ms is not None:
                self._silence.observe(one.silence_ms / 1000)
        return heard

    async def _count_failures(self) -> Sequence[object]:
        failures = await self._store.failures(after=self._failed, limit=PAGE)
        for failure in failures:
            self._failed = failure.place
            self._errors.labels(failure.part, failure.error).inc()
        return failures


async def _each_page(count: Callable[[], Awaitable[Sequence[object]]]) -> None:
    """Until a page is not full. Between two pages others have their turn."""
    while len(await count()) == PAGE:
        pass
