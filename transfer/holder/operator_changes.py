"""Watches the row for others' changes: an end, an approval, another target."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from persistence.records import Handoff, RoleName
from transfer.holder.handoff_row import HandoffRow

_LOOK_AGAIN_S = 0.5


@dataclass(frozen=True, slots=True)
class Redirection:
    """Where an operator wants the caller to go instead."""

    target: RoleName
    by: str


def redirection_in(row: Handoff | None) -> Redirection | None:
    if row is None or row.redirect_to is None:
        return None
    return Redirection(row.redirect_to, row.redirected_by or "an operator")


class OperatorChanges:
    """Reads the row when told to look. Approval and redirection belong to the current attempt."""

    def __init__(self, row: HandoffRow, on_end: Callable[[Handoff], None]) -> None:
        """`on_end` gets the row when somebody else has ended it."""
        self._row = row
        self._on_end = on_end
        self._look = asyncio.Event()
        self.next_attempt()

    def next_attempt(self) -> None:
        """Forget the orders for the previous attempt: they have been carried out, or no longer apply."""
        self._approved, self._redirected = asyncio.Event(), asyncio.Event()
        self.redirection: Redirection | None = None

    def look(self) -> None:
        """Have the row read again: it may have moved."""
        self._look.set()

    async def approved(self) -> None:
        await self._approved.wait()

    async def redirected(self) -> None:
        await self._redirected.wait()

    async def watch_row(self) -> None:
        """Read the row after each `look`, for as long as the handoff runs."""
        while True:
            await self._look.wait()
            self._look.clear()
            row = await self._row.read()
            if row is None:  # the store does not answer: retry
                await asyncio.sleep(_LOOK_AGAIN_S)
                self._look.set()
            elif row.is_over:
                self._on_end(row)
            elif row.attempt_id == self._row.row.attempt_id:  # else this read is older than the attempt
                self._take(row)

    def _take(self, row: Handoff) -> None:
        if (redirection := redirection_in(row)) is not None:
            self.redirection = redirection
            self._redirected.set()
        if row.approved_by is not None:
            self._approved.set()
