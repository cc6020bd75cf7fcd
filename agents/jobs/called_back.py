"""Serves a caller who has answered a call back: a new call, which knows the earlier one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from agents.call.active_call import ActiveCall
from agents.call.open_call import greet
from agents.jobs.call_memory import Memory, remember
from errors import StaleHandoff, StoreError
from persistence.contract.store import Store
from persistence.people import OfferId
from persistence.records import Call, RoleName, Turn
from transfer.ports import Clock

log = logging.getLogger(__name__)

_STORE_LIMIT_S = 2.0


@dataclass(frozen=True, slots=True)
class CalledBack:
    """The offer and role that call the caller back, and what was said in the call that promised it."""

    offer: OfferId
    role: RoleName
    memory: Memory
    turns: Sequence[Turn]

    @property
    def reason(self) -> str:
        """The latest handoff's reason; empty if there was none, or if the reason is not for the caller."""
        latest = self.memory.handoffs[-1] if self.memory.handoffs else None
        return "" if latest is None or latest.reason_is_private else latest.reason


async def called_back(store: Store, clock: Clock, offer_id: OfferId, row: Call) -> CalledBack | None:
    """Return the call back that this new call answers. None: there is none, and a model answers as usual."""
    try:
        async with asyncio.timeout(_STORE_LIMIT_S):
            offer = await store.offer(offer_id)
            if offer is None:
                return None
            await store.answer_call_back(offer.id, row.id, by=row.holder_job, at=clock.now_ms())
            memory, turns = await asyncio.gather(remember(store, offer.call_id), store.turns(offer.call_id))
    except (StaleHandoff, StoreError, TimeoutError) as error:
        log.warning("a call back came to nothing", extra={"call": row.id, "error": type(error).__name__})
        return None
    return CalledBack(offer.id, offer.role, memory, turns)


async def put_through(call: ActiveCall, back: CalledBack) -> None:
    """Greet the caller, and then hand them over to the person."""
    await greet(call, call.role.spoken_lines.called_back)
    call.desk.ask_promised(back.role, f"called back {back.offer}", reason=back.reason)
