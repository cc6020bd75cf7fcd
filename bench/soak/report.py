"""The figures of a soak. Pure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

from bench.soak.call import NOTHING, Outcome
from bench.soak.health import Health
from bench.support.statistics import percentile


def figures(
    outcomes: Sequence[Outcome], *, open_rows: int, tenth: Health, end: Health, seed: int, at_once: int
) -> dict[str, object]:
    """Return all figures. Memory, files, processes and tasks are the parent's, at a tenth and at the end."""
    silences = [outcome.silence_ms for outcome in outcomes if outcome.silence != NOTHING]  # not by telephone
    after_kills = [outcome.silence_ms for outcome in outcomes if outcome.killed]
    return {
        "calls": len(outcomes),
        "outcomes": dict(Counter(_how(outcome) for outcome in outcomes)),
        "kills": sum(outcome.killed for outcome in outcomes),
        "lost_callers": sum(bool(outcome.lost) for outcome in outcomes),
        "non_terminal_rows": open_rows,
        "duplicates": sum(len(outcome.duplicates) for outcome in outcomes),
        "worst_silence_ms": max(silences, default=None),
        "p95_silence_ms": round(percentile(silences, 95)) if silences else None,
        "worst_silence_after_kill_ms": max(after_kills, default=None),
        "memory_mb": [tenth.memory_mb, end.memory_mb],
        "memory_grown_percent": round((end.memory_mb / tenth.memory_mb - 1) * 100, 1),
        "open_files": [tenth.open_files, end.open_files],
        "processes": [tenth.processes, end.processes],
        "tasks": [tenth.tasks, end.tasks],
        "at_once": at_once,
        "seed": seed,
    }


def last_line(found: dict[str, object]) -> str:
    return f"soak: {json.dumps(found)}"


def _how(outcome: Outcome) -> str:
    if outcome.lost:
        return "lost"
    return "handed over" if outcome.handed_over else "not handed over"
