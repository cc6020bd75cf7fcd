"""What Baton needs of a store to measure itself: what moved since a place in it, without ids and words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from persistence.records import CallEnd, HandoffState, RoleName

Ending = tuple[int, str]
"""A place among handoffs that are over: when one ended, ms UTC, and its id."""


@dataclass(frozen=True, slots=True)
class Move:
    """One move of a handoff. `took_ms`: how long it was in the state it left; None where it began."""

    place: int  # the event's id
    moved_from: HandoffState | None
    moved_to: HandoffState
    target: RoleName  # its target as of now; of a handoff that is over, its last one
    took_ms: int | None


@dataclass(frozen=True, slots=True)
class CallOver:
    """A call that ended."""

    place: int  # the event's id
    how: CallEnd


@dataclass(frozen=True, slots=True)
class Heard:
    """What the caller of a handoff that is over heard of it, as far as it was measured."""

    place: Ending
    seam_ms: int | None
    silence_ms: int | None


@dataclass(frozen=True, slots=True)
class Failure:
    """A model that failed in a call."""

    place: int
    part: str
    error: str


class MeasureStore(Protocol):
    """Each list is in order, begins after a place, and is at most `limit` long."""

    async def moves(self, *, after: int, limit: int) -> Sequence[Move]: ...

    async def calls_over(self, *, after: int, limit: int) -> Sequence[CallOver]: ...

    async def heard(self, *, after: Ending, until: int, limit: int) -> Sequence[Heard]:
        """Handoffs that ended before `until`, ms UTC: what was heard is measured a moment after the end."""
        ...

    async def failures(self, *, after: int, limit: int) -> Sequence[Failure]: ...

    async def calls_held(self) -> int:
        """How many calls are open."""
        ...
