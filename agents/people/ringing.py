"""Rings at the desks of the people who may take a call, or of one of them, until somebody has it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace

from agents.people.entries import entry_for, stop_waiting
from agents.roster.desk import Desk
from errors import StaleHandoff, StoreError
from persistence.contract.handoffs import HandoffStore
from persistence.contract.people import PeopleStore
from persistence.people import (
    EntryId,
    EntryState,
    Offer,
    OfferId,
    OfferOutcome,
    Person,
    PresenceState,
    QueueEntry,
)
from persistence.records import AttemptId, CallId, HandoffId, RoleName
from persistence.write_queue import WAIT_S
from transfer.ports import Clock

log = logging.getLogger(__name__)

_LOOK_EVERY_S = 0.2

NOBODY_THERE = "nobody is at the desk"
NOBODY_IN_TIME = "nobody took it in time"
CLOSED = "the desk is closed at this time"
TOO_MANY = "too many callers wait for it already"

_NOES = {OfferOutcome.DECLINED, OfferOutcome.MISSED}
_WORKING = {PresenceState.AVAILABLE, PresenceState.BUSY, PresenceState.WRAPPING_UP}


class NobodyTook(Exception):
    """No person takes the call. An outcome, not an error; its words are the reason."""


class Ringing:
    """Rings for one attempt. The queue's entry is made first, and is gone when nobody waits for a person."""

    def __init__(
        self,
        store: PeopleStore,
        clock: Clock,
        desk: Desk,
        *,
        call: CallId,
        role: RoleName,
        attempt: str,
        person: Person | None = None,
        colleague: bool = False,
    ) -> None:
        """`person`: ring for them alone first. If they do not take the call, the caller stays in the queue.

        The attempt ends instead if there is no queue, or if a `colleague` of theirs has the caller.
        """
        self._store, self._clock = store, clock
        self._desk = replace(desk, otherwise=None) if colleague else desk
        self._call, self._role, self._attempt = call, role, AttemptId(attempt)
        self._person = person if person in desk.people else None
        self._entry: EntryId | None = None
        self.offer: Offer | None = None
        """The accepted offer."""

    async def until_taken(self) -> Offer:
        """Wait until a person accepts; return the offer. Raises: NobodyTook, with the reason; StoreError."""
        now = self._clock.now_ms()
        if (taken := await self._called_back()) is not None:
            return taken
        await self._free_earlier(now)
        if not self._desk.is_open(now):
            raise NobodyTook(CLOSED)
        if self._person is not None and (taken := await self._by_name(self._person, now)) is not None:
            return taken
        return await self._rung(now, self._desk.overflows_at(now))

    async def _by_name(self, person: Person, now: int) -> Offer | None:
        """Ring for the person who was asked for. None: they do not take it, and the queue has the caller.

        Raises: NobodyTook: they do not take it, and there is no queue; StoreError.
        """
        whole = self._desk
        self._desk = replace(whole, people=(person,), otherwise=None)
        try:
            waits_until = whole.overflows_at(now) if whole.queues else self._desk.overflows_at(now)
            return await self._rung(now, waits_until)
        except NobodyTook:
            if not whole.queues:
                raise
            return None
        finally:
            self._desk = whole

    async def _rung(self, now: int, waits_until: int) -> Offer:
        """Ring. `waits_until`: when the entry's wait ends, maybe later than the ringing for one person.

        Raises: NobodyTook, StoreError.
        """
        if not await self._somebody_may_take():
            raise NobodyTook(NOBODY_THERE)
        await self._enter(now, waits_until)
        ends_at = self._desk.overflows_at(now)
        try:
            return await self._rings_until(ends_at)
        except TimeoutError:
            if waits_until > ends_at:
                raise NobodyTook(NOBODY_IN_TIME) from None
            return await self._overflow()

    async def _rings_until(self, ends_at: int) -> Offer:
        """Raises: TimeoutError, NobodyTook, StoreError."""
        async with asyncio.timeout((ends_at - self._clock.now_ms()) / 1000):
            while self.offer is None:
                await self._look()
                await asyncio.sleep(_LOOK_EVERY_S)
        return self.offer

    async def stop(self, reason: str) -> None:
        """End the wait, and take the caller back from a person who accepted. Never raises."""
        if self._entry is not None:
            waiting = self._store, self._clock, self._entry, self.offer
            await stop_waiting(*waiting, by=self._role, reason=reason)

    async def _free_earlier(self, now: int) -> None:
        """End what an attempt of a killed holder left: it may still ring, or a person may wait for it."""
        entry = await self._store.entry_of(self._call)
        if entry is None or entry.call_back:
            return
        if entry.is_open:
            with suppress(StaleHandoff):
                await self._store.leave_queue(entry.id, EntryState.ABANDONED, by=self._role, at=now)
        elif entry.state is EntryState.TAKEN and entry.offer_id is not None:
            await _free(self._store, self._clock, entry.offer_id)

    async def _enter(self, now: int, overflows_at: int) -> None:
        """Enter the queue, or let an entry wait for more people. Raises: NobodyTook: the queue is full."""
        if self._entry is not None:
            with suppress(StaleHandoff):  # the person has just taken it after all
                await self._store.widen_entry(self._entry, self._desk.people)
            return
        entry = entry_for(self._desk, self._call, self._role, now=now)
        entry = replace(entry, attempt_id=self._attempt, overflows_at=overflows_at)
        promised = await self._store.entry_of(self._call)
        if promised is not None and promised.call_back and promised.is_open:  # the caller prefers to wait
            with suppress(StaleHandoff):
                await self._store.leave_queue(promised.id, EntryState.ABANDONED, by=self._role, at=now)
            entry = replace(entry, started_at=promised.started_at)
        longest = self._desk.queue.longest if self._desk.queues else None
        entered = await self._store.enter_queue(entry, longest=longest)
        if entered is None:
            raise NobodyTook(TOO_MANY)
        self._entry = entered.id

    async def _called_back(self) -> Offer | None:
        """Return the offer of the person who has called this caller back, and waits for them."""
        entry = await self._store.entry_of(self._call)
        if entry is None or entry.called_back_at is None:
            return None
        if entry.state is not EntryState.TAKEN or entry.role != self._role:
            return None
        self._entry = entry.id
        await self._look()
        return self.offer

    async def _overflow(self) -> Offer:
        """End the wait as the queue's step does, which may come later. An offer accepted meanwhile counts.

        Raises: NobodyTook: nobody was in time.
        """
        assert self._entry is not None
        with suppress(StaleHandoff):
            now = self._clock.now_ms()
            await self._store.leave_queue(self._entry, EntryState.OVERFLOWED, by=self._role, at=now)
        await self._look()
        if self.offer is None:
            raise NobodyTook(NOBODY_IN_TIME)
        return self.offer

    async def _look(self) -> None:
        """Read the entry, and set `offer` once it is taken.

        Raises: NobodyTook: it has overflowed; or, without a queue, nobody is left who could be asked.
        """
        assert self._entry is not None
        entry = await self._store.entry(self._entry)
        if entry is None or (not entry.is_open and entry.state is not EntryState.TAKEN):
            raise NobodyTook(NOBODY_IN_TIME)
        if entry.state is EntryState.TAKEN and entry.offer_id is not None:
            self.offer = await self._store.offer(entry.offer_id)
            return
        if self._desk.queues:
            return  # it rings again in a minute, or at another free desk
        why = await nobody_left(self._store, entry)
        if why not in {None, NOBODY_THERE}:  # an empty desk was ruled out before; somebody who comes is rung
            raise NobodyTook(why)

    async def _somebody_may_take(self) -> bool:
        """Whether one of the desk's people is there. A queue waits for busy ones too."""
        there = _WORKING if self._desk.queues else {PresenceState.AVAILABLE}
        return await _is_there(self._store, self._desk.people, there)


async def nobody_left(store: PeopleStore, entry: QueueEntry) -> str | None:
    """Return why nobody will take an entry; None: it rings, or somebody is available.

    Raises: StoreError.
    """
    offers = await store.offers(entry_id=entry.id)
    noes = {offer.person: offer.reason for offer in offers if offer.outcome in _NOES}
    others = [person for person in entry.people if person not in noes]
    if entry.state is not EntryState.WAITING or await _is_there(store, others, {PresenceState.AVAILABLE}):
        return None
    if not noes:
        return NOBODY_THERE
    missed = any(offer.outcome is OfferOutcome.MISSED for offer in offers)
    return "; ".join(filter(None, noes.values())) or (NOBODY_IN_TIME if missed else "they cannot take it now")


async def _is_there(
    store: PeopleStore, people: Collection[Person], states: Collection[PresenceState]
) -> bool:
    return any(one.person in people and one.state in states for one in await store.presences())


async def asked_for(store: HandoffStore, handoff_id: HandoffId, role: RoleName) -> Person | None:
    """Return the person that a handoff names, if `role` is the one it asked for first. Raises: StoreError."""
    handoff = await store.handoff(handoff_id)
    if handoff is None or handoff.person is None or handoff.redirected_by is not None:
        return None
    first, *_ = await store.attempts(handoff_id)
    return Person(handoff.person) if first.target == role else None


async def leave_queue(
    store: PeopleStore, clock: Clock, call: CallId, *, by: RoleName, talks: bool = False
) -> None:
    """Stop all ringing for a call whose handoff is over, even if the target was killed. Never raises.

    `talks`: the handoff has led to a talk. If it has not, the person who accepted is free again.
    """
    try:
        async with asyncio.timeout(WAIT_S):
            entry = await store.entry_of(call)
            if entry is not None and entry.is_open:
                with suppress(StaleHandoff):
                    await store.leave_queue(entry.id, EntryState.ABANDONED, by=by, at=clock.now_ms())
            elif entry is not None and entry.state is EntryState.TAKEN and entry.offer_id and not talks:
                await _free(store, clock, entry.offer_id)
    except (StoreError, TimeoutError) as error:
        log.warning("the queue still has a caller who left it", extra={"error": type(error).__name__})


async def _free(store: PeopleStore, clock: Clock, accepted: OfferId) -> None:
    """Free a person who has accepted but was not connected. Leave a connected talk alone."""
    offer = await store.offer(accepted)
    if offer is not None and offer.connected_at is None:
        with suppress(StaleHandoff):
            await store.end_talk(accepted, at=clock.now_ms())
