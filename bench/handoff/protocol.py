"""What the benchmark and its baselines say to each other: dispatch metadata, and the marks of a swap."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

AGENT_NAME = "baseline"

MARKS = "bench.handoff.marks"
"""Data topic of what a baseline tells the caller alone: a swap INTRODUCED and OPENING, a plain one WAITS."""
INTRODUCED = "introduced"
OPENING = "opening"
WAITS = "waits"


class Mark(BaseModel):
    """`what` happened; with WAITS, for how long LiveKit waits where its turn detector is unsure."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    what: Literal["introduced", "opening", "waits"]
    ms: int = 0


class Asked(BaseModel):
    """Dispatch metadata of a baseline. `role` says the words, `target` is swapped in with `matter`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    side: Literal["bare", "swap", "plain"]
    role: str
    target: str
    matter: str
    caller: str
