"""What a benchmark and a baseline's agent send each other: dispatch metadata and marks."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

AGENT_NAME = "baseline"

MARKS = "bench.marks"
"""Data topic for the caller alone. A swap sends INTRODUCED and OPENING, a plain session sends WAITS."""
INTRODUCED = "introduced"
OPENING = "opening"
WAITS = "waits"


class Mark(BaseModel):
    """`what` happened. With WAITS, `ms` is how long LiveKit waits if its turn detector is unsure."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    what: Literal["introduced", "opening", "waits"]
    ms: int = 0


class BaselineJob(BaseModel):
    """Dispatch metadata. `role` speaks; a swap changes to `target`, which opens with `matter`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    side: Literal["bare", "swap", "plain"]
    role: str
    target: str
    matter: str
    caller: str
