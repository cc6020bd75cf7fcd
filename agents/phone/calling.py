"""Calls a role's people by telephone, in turn or at once, until one of them accepts the caller."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Generic, Protocol, TypeVar

from agents.people.entries import entry_for, stop_waiting
from agents.people.ringing import CLOSED, NobodyTook
from agents.phone.outcome import most_telling, tries_next
from agents.roster.desk import Desk
from agents.roster.phone import CallPlan, Line
from errors import LineFailed, StaleHandoff, StoreError
from persistence.contract.people import PeopleStore
from persistence.people import EntryState, Offer, QueueEntry
from persistence.phones import REASONS, DialState
from persistence.records import AttemptId, CallId, RoleName
from transfer.ports import Clock

log = logging.getLogger(__name__)

_MARGIN_MS = 10_000
"""Extra time for a living process to end its entry; the queue's step ends one whose process was killed."""


@dataclass(frozen=True, slots=True)
class Asker:
    """The attempt that wants a person, and its caller."""

    call: CallId
    role: RoleName
    attempt: AttemptId


class OneNumber(Protocol):
    """`agents.phone.leg.Leg`, or `agents.phone.blind.BlindLeg`."""

    offer: Offer | None

    async def run(self) -> DialState: ...


L = TypeVar("L", bound=OneNumber)


class Calling(Generic[L]):
    """Calls for one attempt. Its entry in the queue rings at no desk; each dial rings a telephone."""

    def __init__(
        self,
        store: PeopleStore,
        clock: Clock,
        plan: CallPlan,
        desk: Desk,
        asker: Asker,
        *,
        new_leg: Callable[[QueueEntry, Line], L],
    ) -> None:
        self._store, self._clock, self._plan, self._desk, self._asker = store, clock, plan, desk, asker
        self._new_leg = new_leg
        self._entry: QueueEntry | None = None
        self._accepted: L | None = None

    async def until_accepted(self) -> tuple[L, Offer]:
        """Return the accepted leg and its offer. Raises: NobodyTook, with the reason; StoreError."""
        now = self._clock.now_ms()
        lines = [line for line in self._plan.lines if line.is_open(now)]
        if not self._desk.is_open(now) or not lines:
            raise NobodyTook(CLOSED)
        entry = await self._enter(now)
        at_once = self._plan.rules.order == "at_once"
        outcomes = await (self._all_at_once(entry, lines) if at_once else self._in_turn(entry, lines))
        leg = self._accepted
        if leg is None or leg.offer is None:
            raise NobodyTook(REASONS[most_telling(outcomes)])
        return leg, leg.offer

    async def stop(self, reason: str) -> None:
        """End the wait, and take the caller back from a person who accepted. Never raises."""
        if self._entry is not None:
            accepted = self._accepted.offer if self._accepted is not None else None
            waiting = self._store, self._clock, self._entry.id, accepted
            await stop_waiting(*waiting, by=self._asker.role, reason=reason)

    async def _enter(self, now: int) -> QueueEntry:
        """Enter the queue. Raises: NobodyTook: an earlier attempt of the call still has an entry."""
        asker, plan = self._asker, self._plan
        entry = replace(
            entry_for(self._desk, asker.call, asker.role, now=now),
            skills=(),  # only people who have them are dialled
            rings_ms=round(1000 * plan.rings_s),
            overflows_at=now + round(1000 * plan.longest_wait_s) + _MARGIN_MS,
            attempt_id=asker.attempt,
        )
        entered = await self._store.enter_queue(entry)
        if entered is not None and entered.attempt_id != asker.attempt:  # of another target, which was killed
            with suppress(StaleHandoff):
                await self._store.leave_queue(entered.id, EntryState.ABANDONED, by=asker.role, at=now)
            entered = await self._store.enter_queue(entry)
        if entered is None or entered.attempt_id != asker.attempt:
            raise NobodyTook(REASONS[DialState.CANCELLED])
        self._entry = entered
        return entered

    async def _in_turn(self, entry: QueueEntry, lines: list[Line]) -> list[DialState]:
        outcomes: list[DialState] = []
        for line in lines:
            outcomes.append(await self._call(entry, line))
            if self._accepted is not None or not tries_next(outcomes[-1]):
                break
        return outcomes

    async def _all_at_once(self, entry: QueueEntry, lines: list[Line]) -> list[DialState]:
        """Call all lines; return when one has accepted, after hanging up the others."""
        calls = {asyncio.create_task(self._call(entry, line), name="call a number") for line in lines}
        left = calls
        try:
            while left and self._accepted is None:
                _, left = await asyncio.wait(left, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for call in left:
                call.cancel()
            ends = await asyncio.gather(*calls, return_exceptions=True)
        return [end for end in ends if isinstance(end, DialState)]

    async def _call(self, entry: QueueEntry, line: Line) -> DialState:
        leg = self._new_leg(entry, line)
        try:
            outcome = await leg.run()
        except (StoreError, LineFailed) as error:
            log.warning("a telephone was not called", extra={"error": type(error).__name__})
            return DialState.UNREACHABLE
        if outcome is DialState.ACCEPTED:
            self._accepted = leg
        return outcome
