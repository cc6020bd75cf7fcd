"""Sends a caller on a telephone to a person's number without a talk first: a blind REFER.

We do not ring the person ourselves, and the caller hears music until their provider has connected the two. If
that fails, the caller never left: the next number is tried, or the desk that handed over has them again.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass

from agents.phone.leaving import Refers
from agents.phone.leg import new_dial
from agents.phone.outcome import Referred
from agents.roster.phone import CallPlan, Line
from errors import StaleHandoff, StoreError
from persistence.contract.store import Store
from persistence.people import Offer, QueueEntry
from persistence.phones import DialState, Refer
from persistence.write_queue import WAIT_S
from transfer.ports import Clock

log = logging.getLogger(__name__)

_MAY_RING_MS = 120_000
"""How long an earlier call may still ring: providers end the ringing by themselves, mostly after a minute."""
_ANSWERS_WITHIN_S = 2.0
"""How long to wait for the answer after the handoff has been given up: we may see the caller go before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """The room that the caller leaves, and what each try needs."""

    store: Store
    clock: Clock
    telephone: Refers
    plan: CallPlan
    room: str
    caller: str
    called: str  # our number that they called; empty: it is hidden


class BlindLeg:
    """One transfer to one number; run it once. ACCEPTED: the caller is with the person, or about to be."""

    def __init__(self, sending: Sending, entry: QueueEntry, line: Line) -> None:
        self._sending, self._line = sending, line
        self._dial = new_dial(entry, line, at=sending.clock.now_ms())
        self.offer: Offer | None = None
        """The person's talk, which we do not carry; it ends with our call."""

    async def run(self) -> DialState:
        """Ask, and return the outcome, which the row has too. Raises: StoreError: nobody was asked."""
        if not await self._may_ask():
            return DialState.BUSY
        outcome = DialState.CANCELLED
        try:
            outcome = await self._asked()
        except StaleHandoff:
            pass  # the caller left, or somebody else has them
        finally:
            if outcome is not DialState.ACCEPTED:
                await self._end(outcome)
        return outcome

    async def _may_ask(self) -> bool:
        """Write the row first. False: do not ask.

        That is so if this line was asked a short while ago without a known result, because the process that
        asked was killed: the telephone may still ring.
        """
        store, dial, rules = self._sending.store, self._dial, self._sending.plan.rules
        earlier = await store.dials(dial.call_id)
        if any(
            each.line == dial.line
            and each.refer is Refer.ASKED
            and dial.dialled_at - each.dialled_at < _MAY_RING_MS
            for each in earlier
        ):
            return False
        limits = {"calls_a_day": rules.calls_a_day, "minutes_a_day": rules.minutes_a_day}
        return await store.dial(dial, **limits) is not None

    async def _asked(self) -> DialState:
        """Raises: StaleHandoff, StoreError."""
        sending = self._sending
        await sending.store.refer_dial(self._dial.id, Refer.ASKED, at=sending.clock.now_ms())
        rules = sending.plan.rules
        refer = sending.telephone.refer(
            sending.room,
            sending.caller,
            rules.address_of(self._line.number),
            rings_s=sending.plan.rings_s,
            headers=rules.headers_for(sending.called),
        )
        asking = asyncio.create_task(refer, name="a caller is sent away")
        try:
            referred = await asyncio.shield(asking)
        except asyncio.CancelledError:
            # The caller may be gone because they left for the person: only the answer says so.
            await asyncio.wait({asking}, timeout=_ANSWERS_WITHIN_S)
            if asking.done():
                with suppress(StaleHandoff, StoreError):
                    await self._note(asking.result())
            else:
                asking.cancel()
            raise
        return await self._note(referred)

    async def _note(self, referred: Referred) -> DialState:
        store, clock, dial = self._sending.store, self._sending.clock, self._dial.id
        await store.refer_dial(dial, referred.refer, at=clock.now_ms())
        if referred.refer is not Refer.LEFT:
            return referred.outcome
        await store.move_dial(dial, DialState.ANSWERED, at=clock.now_ms())
        self.offer = await store.take_by_phone(dial, at=clock.now_ms())
        await store.connect_talk(self.offer.id, at=clock.now_ms())
        return DialState.ACCEPTED

    async def _end(self, outcome: DialState) -> None:
        store, at = self._sending.store, self._sending.clock.now_ms()
        try:
            async with asyncio.timeout(WAIT_S):
                await store.end_dial(self._dial.id, outcome, gone=True, at=at)
        except StaleHandoff:
            pass  # it ended with its entry
        except (StoreError, TimeoutError) as error:
            log.warning("a dial's end was not written", extra={"error": type(error).__name__})
