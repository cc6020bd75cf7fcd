"""The event loop's benchmark on a small scale: it runs, and detects that one service blocks its loop."""

from __future__ import annotations

import io
import json
from pathlib import Path

from rich.console import Console

from bench.loop.__main__ import main
from bench.loop.figures import Side
from bench.loop.traffic import Load

SMALL = Load(clients=3, pause_ms=100, warm_up_s=0.2, seconds=2.0, writes_per_s=20, seed=1)


async def test_all_three_services_are_measured_and_only_the_synchronous_one_stands_still(
    tmp_path: Path,
) -> None:
    written = io.StringIO()
    figures = await main(Console(file=written, width=120), SMALL, 1, tmp_path / "bench-loop")
    name, _, text = written.getvalue().splitlines()[-1].partition(" ")
    assert name == "bench-loop:"
    told = json.loads(text)
    for side in Side:
        assert told[side]["requests_per_s"] > 0
        assert told[side]["errors"] == 0
    assert figures[Side.SYNCHRONOUS].zero_heartbeat_s > 1.0  # Groq takes longer than this
    assert figures[Side.BATON].zero_heartbeat_s < 0.5
    assert told["throughput_ratio"] > 1
    assert told["write_p99_ratio"] is not None
