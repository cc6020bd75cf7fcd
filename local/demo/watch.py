"""Follows a call in the store: its handoffs' moves as they happen, and all the call's rows at the end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from errors import SetupFailed
from local.demo.measures import Recorded
from persistence.contract.store import Store
from persistence.records import Call

_LOOK_S = 0.1
_ROW_LIMIT_S = 15.0


async def tell_moves(store: Store, room: str, tell: Callable[[str], None]) -> None:
    """Report each move of the room's handoffs when it is recorded, until cancelled."""
    after = 0
    while True:
        call = await _call_in(store, room)
        for event in await store.events(call_id=call.id, after=after) if call else ():
            after = event.id
            if event.kind == "handoff":
                tell(f"handoff: {event.moved_to}")
        await asyncio.sleep(_LOOK_S)


async def recorded(store: Store, room: str) -> Recorded:
    """Wait until the call's row has ended, then read everything about the call. Raises: SetupFailed."""
    try:
        async with asyncio.timeout(_ROW_LIMIT_S):
            while True:
                call = await _call_in(store, room)
                if call and call.ended_at is not None:
                    return await _all_about(store, call)
                await asyncio.sleep(_LOOK_S)
    except TimeoutError as error:
        call = await _call_in(store, room)
        if call:
            return await _all_about(store, call)
        raise SetupFailed(f"the store has no row for the call after {_ROW_LIMIT_S:.0f} s") from error


async def _all_about(store: Store, call: Call) -> Recorded:
    handoffs = await store.handoffs(call_id=call.id)
    return Recorded(
        call=call,
        turns=await store.turns(call.id),
        handoffs=sorted(handoffs, key=lambda handoff: handoff.requested_at),
        events=await store.events(call_id=call.id),
    )


async def _call_in(store: Store, room: str) -> Call | None:
    """Return the room's call, ended or not."""
    return next((call for call in await store.calls() if call.room == room), None)
