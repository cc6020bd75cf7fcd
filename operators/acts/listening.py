"""Follows listeners: records when they join and leave, and removes those who may no longer listen."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from errors import LineFailed, StoreError
from operators.acts.context import ActContext
from persistence.access import Listener, ListenerState
from persistence.records import Call, CallId
from transfer.supervision import supervisors_room

log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
FOLLOWED_MS = 900_000
"""How long to look for an absent listener: tokens that livekit-server has renewed last ten minutes."""
_LIMIT_S = 2.0

MayListen = Callable[[Listener], Awaitable[bool]]
Told = Callable[[Listener], None]
"""Called with each listener who has joined or left."""


async def follow_listeners(context: ActContext, may_listen: MayListen, told: Told) -> None:
    """Check every listener once a second, until cancelled."""
    while True:
        try:
            await look_at_listeners(context, may_listen, told)
        except (StoreError, LineFailed) as error:
            log.warning("listeners were not looked at", extra={"error": type(error).__name__})
        await asyncio.sleep(LOOK_EVERY_S)


async def look_at_listeners(context: ActContext, may_listen: MayListen, told: Told) -> None:
    """Record joins and leaves, and remove listeners without the right. Raises: StoreError, LineFailed."""
    by_call: dict[CallId, list[Listener]] = {}
    for one in await context.store.listeners(since=context.clock.now_ms() - FOLLOWED_MS):
        by_call.setdefault(one.call_id, []).append(one)
    for call_id, listeners in by_call.items():
        call = await context.store.call(call_id)
        if call is not None:
            await _look_at(context, call, listeners, may_listen, told)


async def _look_at(
    context: ActContext, call: Call, listeners: Sequence[Listener], may_listen: MayListen, told: Told
) -> None:
    found = await context.server.participants(call.room, limit_s=_LIMIT_S)
    present = {participant.identity for participant in found or ()}
    for one in listeners:
        is_there = one.identity in present
        if is_there and (call.ended_at is not None or not await may_listen(one)):
            for room in (call.room, supervisors_room(one.identity)):
                await context.server.remove_participant(room, one.identity)
            is_there = False
        state = ListenerState.JOINED if is_there else ListenerState.LEFT
        if state is ListenerState.LEFT and one.state is ListenerState.ASKED:
            continue
        if await context.store.move_listener(one.identity, state, at=context.clock.now_ms()):
            told(replace(one, state=state))
