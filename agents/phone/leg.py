"""One dialled number: its row, its ringing, its answer, and its outcome."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from agents.phone.own_line import OwnLine
from agents.phone.telephone import NotAnswered
from agents.roster.phone import CallPlan, Line
from errors import StaleHandoff, StoreError
from persistence.contract.phones import PhoneStore
from persistence.people import Offer, QueueEntry
from persistence.phones import Dial, DialId, DialState
from persistence.write_queue import WAIT_S
from tasks import BackgroundTasks
from transfer.ports import Clock

log = logging.getLogger(__name__)


class Rings(Protocol):
    """`agents.phone.telephone.Telephone`."""

    async def ring(self, line: Line, plan: CallPlan, *, room: str, identity: str) -> None: ...

    async def hang_up(self, room: str, identity: str, *, ringing: asyncio.Task[None] | None) -> bool: ...


OpenLine = Callable[[DialId, Callable[[], Awaitable[None]]], OwnLine]
"""Makes the room of a dial; the second argument hangs up."""
Ask = Callable[[OwnLine], Awaitable[DialState]]
"""Asks the person who has answered, and returns ACCEPTED or why not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What every dialled number of an attempt needs."""

    store: PhoneStore
    clock: Clock
    telephone: Rings
    plan: CallPlan
    open_line: OpenLine
    ask: Ask


def new_dial(entry: QueueEntry, line: Line, *, at: int) -> Dial:
    return Dial(
        id=DialId(f"dial-{uuid.uuid4().hex}"),
        entry_id=entry.id,
        call_id=entry.call_id,
        role=entry.role,
        person=line.person,
        line=line.key,
        shown=line.masked,
        dialled_at=at,
    )


class Leg:
    """One call to a number; run it once. Cancelling it hangs up. Once accepted, `own_line.leave` hangs up."""

    def __init__(self, means: Means, entry: QueueEntry, line: Line) -> None:
        self._means, self._line = means, line
        self._dial = new_dial(entry, line, at=means.clock.now_ms())
        self.own_line = means.open_line(self._dial.id, self._hang_up)
        self.offer: Offer | None = None
        """Set once the outcome is ACCEPTED."""
        self._ringing: asyncio.Task[None] | None = None
        self._outcome: DialState | None = None  # None: nothing was dialled
        self._tasks = BackgroundTasks()

    @property
    def id(self) -> DialId:
        return self._dial.id

    @property
    def number(self) -> str:
        return self._line.number

    async def run(self) -> DialState:
        """Dial and ask; return the outcome, which the row has too.

        Raises: LineFailed, StoreError: nothing was dialled.
        """
        await self.own_line.join()
        try:
            if not await self._may_dial():
                return DialState.BUSY
            self._outcome = DialState.CANCELLED
            self._outcome = await self._called()
            return self._outcome
        finally:
            if self._outcome is not DialState.ACCEPTED:
                await self.own_line.leave()

    async def _may_dial(self) -> bool:
        """Write the row first. False: somebody is on this line, or it has reached its limit for the day."""
        means, rules = self._means, self._means.plan.rules
        dial = await means.store.dial(
            self._dial, calls_a_day=rules.calls_a_day, minutes_a_day=rules.minutes_a_day
        )
        if dial is None:
            log.info("a telephone is not called", extra={"call": self._dial.call_id})
        return dial is not None

    async def _called(self) -> DialState:
        means, own_line = self._means, self.own_line
        own_line.on_ringing = self._note_ringing
        ringing = means.telephone.ring(
            self._line, means.plan, room=own_line.room_name, identity=own_line.person
        )
        self._ringing = asyncio.create_task(ringing, name="a telephone rings")
        try:
            await asyncio.shield(self._ringing)
        except NotAnswered as why:
            return why.outcome
        with suppress(StaleHandoff):  # cancelled meanwhile: the take-over finds out
            await means.store.move_dial(self._dial.id, DialState.ANSWERED, at=means.clock.now_ms())
        outcome = await means.ask(own_line)
        if outcome is not DialState.ACCEPTED:
            return outcome
        try:
            self.offer = await means.store.take_by_phone(self._dial.id, at=means.clock.now_ms())
        except StaleHandoff:
            return DialState.CANCELLED  # another person was first, or the caller has left
        return DialState.ACCEPTED

    def _note_ringing(self) -> None:
        self.own_line.on_ringing = None
        self._tasks.start(self._rings(), name="it rings")

    async def _rings(self) -> None:
        with suppress(StaleHandoff, StoreError):  # only operators need it
            await self._means.store.move_dial(self._dial.id, DialState.RINGING, at=self._means.clock.now_ms())

    async def _hang_up(self) -> None:
        """Write the row first; hang up even without a store. Never raises."""
        await self._tasks.cancel()
        if self._outcome is None:
            return
        outcome = DialState.TALKED if self._outcome is DialState.ACCEPTED else self._outcome
        await self._write(self._end(outcome))
        own_line = self.own_line
        if await self._means.telephone.hang_up(own_line.room_name, own_line.person, ringing=self._ringing):
            await self._write(self._means.store.dial_gone(self._dial.id, at=self._means.clock.now_ms()))
        if self._ringing is not None:
            self._ringing.cancel()
            await asyncio.gather(self._ringing, return_exceptions=True)

    async def _end(self, outcome: DialState) -> None:
        with suppress(StaleHandoff):  # it ended with its entry
            await self._means.store.end_dial(
                self._dial.id, outcome, gone=False, at=self._means.clock.now_ms()
            )

    async def _write(self, write: Awaitable[None]) -> None:
        try:
            async with asyncio.timeout(WAIT_S):
                await write
        except (StoreError, TimeoutError) as error:
            log.warning("a dial's end was not written", extra={"error": type(error).__name__})
