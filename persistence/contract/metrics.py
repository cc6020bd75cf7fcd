"""Aggregates over everything stored, for metrics. They hold no ids and nothing that was said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from persistence.records import CallEnd, HandoffState, Lookup, RoleName, ToolUseState


@dataclass(frozen=True, slots=True)
class Durations:
    """Durations counted into buckets. A negative one counts as 0."""

    at_most: tuple[int, ...]
    """One count for each bound that was asked for: how many durations were no longer than the bound."""
    count: int
    sum_ms: int


class MetricsStore(Protocol):
    """Every read covers the whole history, so its counts never fall. Bounds are in ms, in rising order."""

    async def handoffs_by_outcome(self) -> Mapping[tuple[HandoffState, RoleName], int]:
        """Ended handoffs by outcome and by the last target they went to."""
        ...

    async def step_durations(self, bounds_ms: Sequence[int]) -> Mapping[HandoffState, Durations]:
        """How long handoffs stayed in each state that they have left."""
        ...

    async def seams(self, bounds_ms: Sequence[int]) -> Durations:
        """From the old holder's last sound to the new holder's first, in ended handoffs that measured it."""
        ...

    async def silences(self, bounds_ms: Sequence[int]) -> Durations:
        """The longest silence that the caller heard, in ended handoffs that measured it."""
        ...

    async def times_on_hold(self, bounds_ms: Sequence[int]) -> Durations:
        """How long callers were on hold, in ended handoffs that measured it."""
        ...

    async def hold_music(self, bounds_ms: Sequence[int]) -> Durations:
        """How much of that had music, in ended handoffs that measured it."""
        ...

    async def times_to_target(self, bounds_ms: Sequence[int]) -> Durations:
        """From the request to the target's first word, in ended handoffs that measured it."""
        ...

    async def calls_held(self) -> int:
        """How many calls are open."""
        ...

    async def calls_waiting(self) -> int:
        """How many of them wait in line."""
        ...

    async def calls_by_end(self) -> Mapping[CallEnd, int]:
        """Ended calls by how they ended."""
        ...

    async def model_errors(self) -> Mapping[tuple[str, str], int]:
        """Model errors in calls, by part and error."""
        ...

    async def tool_uses_by_state(self) -> Mapping[tuple[str, ToolUseState], int]:
        """Uses of the roles' own tools, by tool and state."""
        ...

    async def lookups_by_outcome(self) -> Mapping[Lookup, int]:
        """Looks of agents into their roles' documents, by outcome."""
        ...

    async def tool_durations(self, bounds_ms: Sequence[int]) -> Mapping[str, Durations]:
        """How long the uses took that answered, by tool."""
        ...
