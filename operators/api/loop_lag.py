"""How late this service's own loop is: what every answer waits for, whatever it does itself."""

from __future__ import annotations

import asyncio

from prometheus_client import CollectorRegistry, Histogram

BEAT_S = 0.05
_BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)


async def watch_loop(registry: CollectorRegistry) -> None:
    """Beat until cancelled, and measure how late each beat comes."""
    lag = Histogram(
        "baton_operators_loop_lag_seconds",
        "How late a beat of the operators' service's event loop came.",
        buckets=_BOUNDS_S,
        registry=registry,
    )
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + BEAT_S
        await asyncio.sleep(BEAT_S)
        lag.observe(max(0.0, loop.time() - due))
