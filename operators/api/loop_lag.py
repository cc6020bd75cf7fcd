"""Measures the lag of the service's event loop, which delays every answer."""

from __future__ import annotations

import asyncio

from prometheus_client import CollectorRegistry, Histogram

BEAT_S = 0.05
_BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)


async def watch_loop(registry: CollectorRegistry) -> None:
    """Wake up at a fixed interval until cancelled, and measure how late each wake-up is."""
    lag = Histogram(
        "baton_operators_loop_lag_seconds",
        "Lag of the operators' service's event loop.",
        buckets=_BOUNDS_S,
        registry=registry,
    )
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + BEAT_S
        await asyncio.sleep(BEAT_S)
        lag.observe(max(0.0, loop.time() - due))
