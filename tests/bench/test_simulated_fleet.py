"""The simulated fleet uses Baton's statements, does what calls do, and counts what is lost.

The test is not among those that only compute: these may get no processor for two seconds.
"""

from __future__ import annotations

from pathlib import Path

from bench.fleet.simulated import carried


async def test_a_small_fleet_is_carried_and_nothing_is_lost(tmp_path: Path) -> None:
    load = await carried(100, 2, tmp_path / "pgbench.log")
    assert load.lost == 0
    assert 0 < load.carried <= load.calls == 100
    assert 0 < load.write_p50_ms <= load.write_p99_ms
