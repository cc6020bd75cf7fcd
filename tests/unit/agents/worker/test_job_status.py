"""No code relies on LiveKit's job status: it reports dead jobs as running, and crashes as success."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[4]
ASKS = re.compile(r"\bJobStatus\b|\bJS_[A-Z]+\b|\bstate\.jobs\b")


@pytest.mark.fault("C2")
def test_nothing_asks_livekit_what_became_of_a_job() -> None:
    ours = [
        path for folder in ("agents", "transfer", "operators") for path in (PROJECT / folder).rglob("*.py")
    ]
    asking = [
        str(path.relative_to(PROJECT))
        for path in (PROJECT / "worker.py", *ours)
        if ASKS.search(path.read_text(encoding="utf-8"))
    ]
    assert asking == []
