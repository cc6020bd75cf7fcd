"""Sends a caller on a telephone to the telephone of the person who accepted them: SIP's REFER."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from livekit import rtc

from agents.phone.outcome import Referred
from errors import StaleHandoff, StoreError
from persistence.contract.phones import PhoneStore
from persistence.phones import DialId, Refer
from persistence.records import CallId
from persistence.write_queue import WAIT_S
from transfer.livekit.kinds import is_telephone, our_number
from transfer.ports import Clock

log = logging.getLogger(__name__)

_LOOK_EVERY_S = 0.1


def may_leave(room: rtc.Room, caller: str) -> bool:
    """Whether the caller has a provider that could connect them: browsers have none."""
    participant = room.remote_participants.get(caller)
    return participant is not None and is_telephone(participant)


def number_called(room: rtc.Room, caller: str) -> str:
    """Return the number of ours that the caller called; empty if it is hidden."""
    participant = room.remote_participants.get(caller)
    return "" if participant is None else our_number(participant)


async def has_left(store: PhoneStore, call: CallId, within_s: float) -> bool:
    """Do as `Leaving.has_left`, for a caller that another process transfers."""
    with suppress(StoreError, TimeoutError):
        async with asyncio.timeout(within_s):
            while True:
                refers = {dial.refer for dial in await store.dials(call)}
                if Refer.ASKED not in refers or Refer.LEFT in refers:
                    return Refer.LEFT in refers
                await asyncio.sleep(_LOOK_EVERY_S)
    return False


class Refers(Protocol):
    """`agents.phone.telephone.Telephone`."""

    async def refer(
        self, room: str, identity: str, to: str, *, rings_s: float, headers: Mapping[str, str]
    ) -> Referred: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """The room that the caller leaves, and where they go. `told` notifies the person that it rings now."""

    room: str
    caller: str
    to: str
    headers: Mapping[str, str]
    rings_s: float
    told: Callable[[], Awaitable[None]]


class Leaving:
    """One accepted dial's transfer, asked for once. The person's call stays up: a refusal loses nobody."""

    def __init__(self, store: PhoneStore, clock: Clock, telephone: Refers, dial: DialId, way: Way) -> None:
        self._store, self._clock, self._telephone = store, clock, telephone
        self._dial, self._way = dial, way
        self._outcome: asyncio.Future[Refer] = asyncio.get_running_loop().create_future()
        self._asked = False

    async def ask(self) -> Refer:
        """Ask, and return the outcome, which the row has too. Without a row, do not ask: FAILED."""
        outcome = Refer.FAILED
        try:
            if await self._note(Refer.ASKED):
                self._asked = True
                outcome = await self._ask()
                await self._note(outcome)
        finally:
            if not self._outcome.done():
                self._outcome.set_result(outcome)
        return outcome

    async def has_left(self, within_s: float) -> bool:
        """Whether a caller who is gone has left for the person. We may see them go before the answer."""
        if not self._asked:
            return False
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                return await asyncio.shield(self._outcome) is Refer.LEFT
        return False

    async def _ask(self) -> Refer:
        way = self._way
        telling = asyncio.ensure_future(way.told())
        try:
            referred = await self._telephone.refer(
                way.room, way.caller, way.to, rings_s=way.rings_s, headers=way.headers
            )
            return referred.refer
        finally:
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)

    async def _note(self, refer: Refer) -> bool:
        try:
            async with asyncio.timeout(WAIT_S):
                await self._store.refer_dial(self._dial, refer, at=self._clock.now_ms())
        except (StaleHandoff, StoreError, TimeoutError) as error:
            log.warning("a transfer was not written", extra={"error": type(error).__name__})
            return False
        return True
