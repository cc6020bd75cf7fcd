"""Many workers together poll the store no more often than it can bear."""

from __future__ import annotations

import pytest

from failover.fleet_pace import OWN_LOOK_S, pause_s


@pytest.mark.parametrize(("workers", "pause"), [(0, 0.5), (1, 0.5), (12, 0.5), (25, 1.0), (250, 10.0)])
def test_a_worker_of_a_large_fleet_looks_rarely_and_the_fleet_as_often_as_before(
    workers: int, pause: float
) -> None:
    assert pause_s(0.5, workers) == pause


def test_a_worker_that_must_see_it_itself_looks_every_two_seconds_at_least() -> None:
    assert pause_s(0.5, 25, OWN_LOOK_S) == 1.0
    assert pause_s(0.5, 250, OWN_LOOK_S) == 2.0
