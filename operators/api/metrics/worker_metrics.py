"""The workers as metrics: how many take calls, and how many further calls they carry."""

from __future__ import annotations

from collections.abc import Sequence

from prometheus_client.core import GaugeMetricFamily, Metric

from persistence.records import Worker


def worker_families(living: Sequence[Worker]) -> Sequence[Metric]:
    """Return the workers' metrics. `living`: those whose lease has not ended. Draining ones have no room."""
    draining = sum(worker.draining for worker in living)
    workers = GaugeMetricFamily("baton_workers", "Workers that run.", labels=["state"])
    workers.add_metric(["taking"], len(living) - draining)
    workers.add_metric(["draining"], draining)
    places = sum(worker.room_for for worker in living if not worker.draining)
    free = GaugeMetricFamily("baton_free_places", "Further calls that the workers carry well.", value=places)
    return [workers, free]
