"""The benchmark of the service's loop, small: that it still runs, and finds what it must."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from bench.loop.__main__ import main
from bench.loop.round import Load
from bench.loop.ways import Way

SMALL = Load(clients=3, pause_ms=100, warm_up_s=0.2, seconds=2.0, writes_per_s=20, seed=1)


@pytest.mark.alone
async def test_all_three_ways_are_measured_and_only_the_synchronous_one_stands_still(tmp_path: Path) -> None:
    written = io.StringIO()
    figures = await main(Console(file=written, width=120), SMALL, 1, tmp_path / "bench-loop")
    name, _, text = written.getvalue().splitlines()[-1].partition(" ")
    assert name == "bench-loop:"
    told = json.loads(text)
    for way in Way:
        assert told[way]["requests_per_s"] > 0
        assert told[way]["errors"] == 0
    assert figures[Way.SYNCHRONOUS].zero_heartbeat_s > 1.0  # Groq takes longer than that
    assert figures[Way.BATON].zero_heartbeat_s < 0.5
    assert told["throughput_ratio"] > 1
    assert told["write_p99_ratio"] is not None
