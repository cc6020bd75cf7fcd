"""What the benchmark and its baselines say to each other: dispatch metadata, and the marks of a swap."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

AGENT_NAME = "baseline"

MARKS = "bench.marks"
"""Data topic of a swap's marks, which only the caller gets: INTRODUCED, then OPENING."""
INTRODUCED = "introduced"
OPENING = "opening"


class Asked(BaseModel):
    """Dispatch metadata of a baseline. `role` says the words, `target` is swapped in with `matter`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    side: Literal["bare", "swap", "plain"]
    role: str
    target: str
    matter: str
    caller: str
